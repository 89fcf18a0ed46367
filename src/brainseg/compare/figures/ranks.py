"""How certain the ranking of the methods is."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from brainseg.figures.style import inches


def rank_plot(names: Sequence[str], shares: np.ndarray, drawn: str) -> Figure:
    """One cell per method and rank, the darker the more often the method took that rank.

    shares: (methods, ranks), the share of draws
    drawn: what was resampled (patients, seeds)
    """
    count = len(names)
    order = np.argsort((shares * np.arange(count)).sum(axis=1), kind="stable")
    size = (inches(names) + 0.62 * count + 0.6, max(0.42 * count, 0.8) + 1.1)
    figure = Figure(figsize=(max(4.5, size[0]), size[1]), layout="constrained")
    axes = figure.add_subplot()
    axes.pcolormesh(shares[order], cmap="Blues", vmin=0, vmax=1, edgecolors="white", linewidth=1.5)
    for row, method in enumerate(order):
        for rank, share in enumerate(shares[method]):
            if share > 0.005:
                colour = "white" if share > 0.55 else "black"
                axes.text(rank + 0.5, row + 0.5, f"{share:.0%}", ha="center", va="center", fontsize=8, color=colour)
    axes.set_yticks(np.arange(count) + 0.5, [names[method] for method in order])
    axes.invert_yaxis()
    axes.set_xticks(np.arange(count) + 0.5, [str(rank + 1) for rank in range(count)])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    figure.supxlabel(f"rank, with {drawn} drawn anew", fontsize=10)
    return figure
