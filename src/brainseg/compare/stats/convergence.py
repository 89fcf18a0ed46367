"""When training stopped improving, and how stable it was after that. Epochs without validation are left out before."""

import numpy as np

from brainseg.compare.stats.finite import refuse_missing

WINDOW = 5  # epochs; the median of this many is not affected by a single outlier
REACHED = 0.99  # of the plateau
FEWEST_EPOCHS = 2 * WINDOW


def converged_at(validation_dsc: np.ndarray) -> int | None:
    """The first epoch, from 1, at which the median of the last five reaches 99 % of the plateau; None if not converged.

    The plateau is the median of the last fifth of the (epochs,) validation DSC, of five epochs at least. None
    where 99 % is first reached within that last fifth, as the DSC may still be rising; for fewer than ten epochs;
    and for a plateau of 0, where nothing was learned.
    """
    refuse_missing(validation_dsc)
    epochs = len(validation_dsc)
    if epochs < FEWEST_EPOCHS:
        return None
    tail = max(WINDOW, epochs // 5)
    plateau = float(np.median(validation_dsc[-tail:]))
    if plateau == 0:
        return None
    medians = np.median(np.lib.stride_tricks.sliding_window_view(validation_dsc, WINDOW), axis=1)
    reached = np.flatnonzero(medians[: epochs - tail - WINDOW + 1] >= REACHED * plateau)
    return int(reached[0]) + WINDOW if len(reached) else None


def stability(validation_dsc: np.ndarray) -> float | None:
    """Standard deviation of the validation DSC over the last fifth of the epochs; None for fewer than two."""
    refuse_missing(validation_dsc)
    tail = validation_dsc[-max(2, len(validation_dsc) // 5) :]
    return float(tail.std(ddof=1)) if len(tail) > 1 else None
