"""The difference of each method from the baseline: patients, estimate, interval, margin."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from brainseg.compare.verdicts import Verdict
from brainseg.figures.style import EXTRA, PREDICTION, TRAIN, VALIDATION, inches

COLOURS = {"better": "#2a8f4a", "worse": PREDICTION, "equivalent": VALIDATION, "inconclusive": EXTRA}


def difference_plot(verdicts: Sequence[Verdict], differences: Mapping[str, np.ndarray], margin: float) -> Figure:
    """One row per verdict, named by its method a, coloured by its outcome; differences[a] are (patients,).

    The axis covers nine in ten patients of every method. Patients beyond it are a triangle at its end.
    """
    names = [verdict.a for verdict in verdicts]
    figure = Figure(figsize=(6.6 + inches(names), 1.9 + 0.62 * len(verdicts)), layout="constrained")
    axes = figure.add_subplot()
    axes.axvspan(-margin, margin, color=TRAIN, alpha=0.18, lw=0)
    axes.axvline(0, color=TRAIN, lw=1)
    reach = max(margin * 3, *(float(np.quantile(np.abs(each), 0.9)) for each in differences.values())) * 1.4
    for row, verdict in enumerate(verdicts):
        _patients(axes, row, differences[verdict.a], reach)
        _estimate(axes, row, verdict, reach)
        axes.text(
            1.01,
            row,
            verdict.outcome,
            color=COLOURS[verdict.outcome],
            va="center",
            transform=axes.get_yaxis_transform(),
        )
    axes.set_yticks(range(len(verdicts)), names)
    axes.set_ylim(len(verdicts) - 0.5, -0.5)
    axes.set_xlim(-reach * 1.08, reach * 1.08)
    axes.spines[["top", "right"]].set_visible(False)
    figure.supxlabel(f"difference to {verdicts[0].b}; grey: ±{margin:g}, equivalent", fontsize=10)
    figure.suptitle(
        "To the right is better. A dot a patient, a diamond the estimate with its interval",
        x=0.01,
        ha="left",
        fontsize=10,
    )
    return figure


def _patients(axes: Axes, row: int, values: np.ndarray, reach: float) -> None:
    heights = row + np.linspace(-0.16, 0.16, len(values))
    out = np.abs(values) > reach
    axes.plot(values[~out], heights[~out], "o", color=TRAIN, alpha=0.45, ms=3.5, mec="none")
    for positive in (False, True):  # all patients beyond one end share a triangle: separate numbers would overlap
        beyond = np.sort(values[out & ((values > 0) == positive)])
        if len(beyond):
            end = reach if positive else -reach
            axes.plot(end, row - 0.2, ">" if positive else "<", color=TRAIN, ms=6)
            extreme = beyond[-1] if positive else beyond[0]
            label = f"{extreme:+.2f}" if len(beyond) == 1 else f"{len(beyond)}, to {extreme:+.2f}"
            axes.annotate(
                label,
                (end, row - 0.2),
                xytext=(-7 if positive else 7, 0),
                textcoords="offset points",
                fontsize=7,
                ha="right" if positive else "left",
                va="center",
            )


def _estimate(axes: Axes, row: int, verdict: Verdict, reach: float) -> None:
    estimate, low, high = verdict.estimate
    colour = COLOURS[verdict.outcome]
    axes.plot(np.clip([low, high], -reach, reach), [row, row], color=colour, lw=3, solid_capstyle="butt")
    for end in (low, high):
        if abs(end) > reach:  # the interval continues beyond the axis; for few patients it is infinite
            axes.plot(np.clip(end, -reach, reach), row, "<" if end < 0 else ">", color=colour, ms=8)
    axes.plot(np.clip(estimate, -reach, reach), row, "D", color=colour, ms=7)
