"""The verdict of every pair of methods."""

from collections.abc import Sequence

import numpy as np
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from brainseg.compare.figures.differences import COLOURS
from brainseg.compare.verdicts import Verdict
from brainseg.figures.style import inches

OPPOSITE = {"better": "worse", "worse": "better"}
CELL = 0.72  # inches: room for "+0.123" in 8 pt


def verdict_matrix(names: Sequence[str], pairs: Sequence[Verdict]) -> Figure:
    """The row's method against the column's: its mean difference and Holm's p, coloured by the verdict."""
    count, room = len(names), inches(names)
    colours = np.ones((count, count, 4))
    width, height = CELL * count + room + 0.6, CELL * count + 0.7 * room + 1.2  # column names are at 45 degrees
    figure = Figure(figsize=(max(5, width), height), layout="constrained")
    axes = figure.add_subplot()
    for verdict in pairs:
        a, b = names.index(verdict.a), names.index(verdict.b)
        for row, column, sign, outcome in (
            (a, b, 1, verdict.outcome),
            (b, a, -1, OPPOSITE.get(verdict.outcome, verdict.outcome)),
        ):
            colours[row, column] = to_rgba(COLOURS[outcome], 0.12 if outcome == "inconclusive" else 0.55)
            p = "<.001" if verdict.p_of_outcome < 0.001 else f"{verdict.p_of_outcome:.3f}".removeprefix("0")
            label = f"{sign * verdict.mean + 0.0:+.3f}\np {p}"  # avoids -0.000 for equal scores
            axes.text(column + 0.5, row + 0.5, label, ha="center", va="center", fontsize=8)
    axes.pcolormesh(colours, edgecolors="white", linewidth=1.5)
    axes.set_aspect("equal")
    axes.invert_yaxis()
    places = np.arange(count) + 0.5
    axes.set_xticks(places, names, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(places, names)
    for outcome, colour in COLOURS.items():
        axes.plot([], [], "s", color=colour, alpha=0.25 if outcome == "inconclusive" else 0.7, ms=9, label=outcome)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    figure.suptitle("The row against the column: mean difference, p (Holm's)", x=0.01, ha="left", fontsize=10)
    figure.legend(loc="outside lower center", ncols=4, frameon=False, fontsize=8)
    return figure
