"""What becomes of each method as its learning rate changes."""

import pandas as pd
from matplotlib.figure import Figure

from brainseg.figures.style import EXTRA, TRAIN, VALIDATION

COLUMNS = 4


def learning_rates(runs: pd.DataFrame, score: str, title: str) -> Figure:
    """A panel a method: `score` over the learning rate, a thin line a fold, a thick one their mean, its best marked.

    runs has the columns method, fold, lr and `score`.
    """
    methods = list(dict.fromkeys(runs.method))
    rows = -(-len(methods) // COLUMNS)
    figure = Figure(figsize=(9.5, 1.9 * rows + 0.8), layout="constrained")
    panels = list(figure.subplots(rows, COLUMNS, sharey=True, squeeze=False).flat)
    for axes, method in zip(panels, methods, strict=False):
        of_method = runs[runs.method == method]
        means = of_method.groupby("lr")[score].mean()
        axes.plot(of_method.pivot(index="lr", columns="fold", values=score), "o-", ms=3, lw=0.8, color=TRAIN, alpha=0.6)
        axes.plot(means, color=VALIDATION, lw=2)
        axes.plot(means.idxmax(), means.max(), "o", ms=8, mfc="none", color=EXTRA)
        axes.set_xscale("log")
        axes.set_xticks(means.index, [f"{lr:g}" for lr in means.index], fontsize=8)
        axes.minorticks_off()
        axes.margins(x=0.15)
        axes.set_title(method, loc="left", fontsize=9)
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    for axes in panels[len(methods) :]:
        axes.set_visible(False)
    figure.suptitle(title, x=0.01, ha="left")
    figure.supxlabel("learning rate", fontsize=10)
    return figure
