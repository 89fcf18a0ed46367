"""No score may be missing where patients are paired: a mean of fewer patients would be another question."""

import numpy as np


def refuse_missing(scores: np.ndarray) -> None:
    """Raises ValueError where a score is NaN or infinite: it would spread silently, and rank as it likes."""
    if missing := int((~np.isfinite(scores)).sum()):
        raise ValueError(f"{missing} of {scores.size} scores are not finite; leave out the patients without a score")
