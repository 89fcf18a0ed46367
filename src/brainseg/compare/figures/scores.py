"""Scores of all patients for each method. A line joins the scores of one patient."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from brainseg.compare.methods import Method
from brainseg.figures.style import EXTRA, PREDICTION, TRAIN, VALIDATION, inches

LABELLED = 3  # patients whose scores differ most between methods


def paired_boxes(methods: Sequence[Method], metric: str) -> Figure:
    """One box per method: quartiles, median, mean as a diamond. The patients with the largest differences are named."""
    scores = np.stack([method.per_patient for method in methods], axis=1)  # (patients, methods)
    places = np.arange(len(methods))
    names = [method.name for method in methods]
    room = inches(names)  # the names are below the axes at 30 degrees, and the first extends to the left
    figure = Figure(figsize=(max(6, 1.1 * len(methods) + 0.87 * room), 4.2 + 0.5 * room), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(places, scores.T, color=TRAIN, lw=0.7, alpha=0.4, zorder=1)
    style = {"widths": 0.4, "showfliers": False, "showmeans": True, "patch_artist": True, "zorder": 2}
    axes.boxplot(
        scores,
        positions=places,
        boxprops={"facecolor": VALIDATION, "alpha": 0.25},
        medianprops={"color": VALIDATION, "lw": 2},
        meanprops={"marker": "D", "markerfacecolor": EXTRA, "markeredgecolor": "none", "markersize": 6},
        **style,
    )
    axes.plot(places, scores.T, "o", color=VALIDATION, ms=3, alpha=0.5, zorder=3)
    spread = np.ptp(scores, axis=1)
    for patient in np.argsort(-spread)[:LABELLED]:
        if spread[patient] > 0.1:
            axes.plot(places, scores[patient], color=PREDICTION, lw=1, alpha=0.7, zorder=1)
            lowest = int(scores[patient].argmin())
            axes.annotate(
                methods[0].patients[patient],
                (lowest, scores[patient, lowest]),
                xytext=(6, 2),
                textcoords="offset points",
                fontsize=7,
                color=PREDICTION,
                path_effects=[withStroke(linewidth=2, foreground="white")],
                zorder=4,
            )
    axes.set_xticks(places, names, rotation=30, ha="right", rotation_mode="anchor")
    axes.set_ylabel(metric)
    axes.grid(axis="y", color="#e6e6e6")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    patients = "1 patient" if len(scores) == 1 else f"{len(scores)} patients"
    axes.set_title(f"{metric} of {patients}; the diamond is the mean", loc="left")
    return figure
