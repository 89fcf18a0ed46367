"""The report's bar chart: the DSC of each held-out volume."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from brainseg.figures.style import VALIDATION


def dsc_bars(dsc: Mapping[str, float], title: str) -> Figure:
    """One bar per patient, best on top, from zero; the mean is the red line, the median the green one."""
    ordered = sorted(dsc.items(), key=lambda item: (item[1], item[0]))
    values = np.array([value for _, value in ordered])
    figure = Figure(figsize=(7, 1.4 + 0.26 * len(ordered)), layout="constrained")
    axes = figure.add_subplot()
    axes.barh([name for name, _ in ordered], values, color=VALIDATION, alpha=0.75)
    for row, value in enumerate(values):  # in a separate column: at the bars' ends the lines would cross the numbers
        axes.text(1.01, row, f"{value:.3f}", va="center", fontsize=8)
    axes.axvline(values.mean(), color="#d62728", lw=2, label=f"mean {values.mean():.4f}")
    axes.axvline(np.median(values), color="#2ca02c", lw=2, label=f"median {np.median(values):.4f}")
    axes.set_xlim(0, 1.08)
    axes.set_xticks(np.linspace(0, 1, 6))
    axes.margins(y=0.01)
    axes.set_xlabel("DSC of the volume")
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(axis="y", labelsize=8)
    axes.legend(
        frameon=False, ncols=2, loc="lower left", bbox_to_anchor=(0, 1.0 + 0.28 / len(ordered)), borderaxespad=0
    )
    axes.set_title(title, loc="left", pad=26)
    return figure
