"""Losses beside each other: how their networks learned, and how well they ended."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from brainseg.figures.style import inches

COLOURS = ("#1f5fa8", "#d98a1f", "#3a9a4b", "#b3397a", "#7a5cc2", "#6b6b6b")  # told apart also when few hues are seen


def learning_curves(curves: pd.DataFrame, groups: Mapping[str, Sequence[str]], score: str, title: str) -> Figure:
    """A panel a group of losses: the mean of `score` over the seeds, epoch by epoch, and its range.

    curves has the columns loss, seed, epoch and `score`; groups the losses of each group.
    """
    figure = Figure(figsize=(9.5, 7), layout="constrained")
    panels = list(figure.subplots(-(-len(groups) // 2), 2, sharex=True, sharey=True, squeeze=False).flat)
    for axes, (group, losses) in zip(panels, groups.items(), strict=False):
        for number, loss in enumerate(losses):
            by_epoch = curves[curves.loss == loss].groupby("epoch")[score]
            colour = COLOURS[number % len(COLOURS)]
            axes.fill_between(by_epoch.min().index, by_epoch.min(), by_epoch.max(), color=colour, alpha=0.1, lw=0)
            axes.plot(by_epoch.mean(), color=colour, ls="-" if number < len(COLOURS) else "--", label=loss)
        axes.set_title(group, loc="left", fontsize=10)
        axes.set_ylim(0, 1)
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, fontsize=8, loc="lower right", ncols=2)
    for axes in panels[len(groups) :]:
        axes.set_visible(False)
    figure.suptitle(title, x=0.01, ha="left")
    figure.supxlabel("epoch", fontsize=10)
    return figure


def loss_bars(runs: pd.DataFrame, groups: Mapping[str, Sequence[str]], score: str, title: str) -> Figure:
    """The mean of `score` over the seeds as a bar, each seed as a dot; the best loss on top, coloured by group."""
    means = runs.groupby("loss")[score].mean().sort_values()
    figure = Figure(figsize=(6 + inches(list(means.index)), 0.28 * len(means) + 1.4), layout="constrained")
    axes = figure.add_subplot()
    for number, (group, losses) in enumerate(groups.items()):
        places = np.flatnonzero(means.index.isin(losses))
        axes.barh(places, means.iloc[places], color=COLOURS[number], alpha=0.75, label=group)
    for place, loss in enumerate(means.index):
        seeds = runs.loc[runs.loss == loss, score]
        axes.plot(seeds, np.full(len(seeds), place), "o", ms=3.5, color="black", alpha=0.7)
        axes.text(1.01, place, f"{means[loss]:.3f}", va="center", fontsize=8)
    axes.set_yticks(range(len(means)), means.index)
    axes.set_xlim(0, 1)
    axes.set_ylim(-0.6, len(means) - 0.4)
    axes.grid(axis="x", alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title(title, loc="left")
    figure.legend(frameon=False, ncols=len(groups), loc="outside lower center")
    return figure
