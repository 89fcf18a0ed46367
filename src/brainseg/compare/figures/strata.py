"""Scores of the methods by lesion size and edge."""

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.figure import Figure

from brainseg.evaluation.strata import STRATA
from brainseg.figures.style import inches

COLOURS = colormaps["tab10"].colors
MARKERS = "osD^"  # after ten methods colours repeat, with another marker


def score_by_stratum(strata: pd.DataFrame, metric: str) -> Figure:
    """The mean of each method in each stratum: rows of trait, stratum, method, patients, mean_{metric}."""
    methods = list(dict.fromkeys(strata.method))
    figure = Figure(figsize=(8.2 + inches(methods), max(4.3, 0.24 * len(methods) + 0.6)), layout="constrained")
    offset = np.linspace(-0.12, 0.12, len(methods)) if len(methods) > 1 else [0.0]  # equal means would cover each other
    panels = figure.subplots(1, len(STRATA), sharey=True)
    for axes, (trait, names) in zip(panels, STRATA.items(), strict=True):
        rows = strata[strata.trait == trait]
        counts = rows.drop_duplicates("stratum").set_index("stratum").patients
        present = [word for word in names if word in counts]
        places = np.arange(len(present))
        for number, method in enumerate(methods):
            means = rows[rows.method == method].set_index("stratum")[f"mean_{metric}"].reindex(present)
            style = {"color": COLOURS[number % 10], "marker": MARKERS[number // 10 % len(MARKERS)], "ms": 5, "lw": 1.3}
            axes.plot(places + offset[number], means, label=method, **style)
        labels_below = [f"{word}\n{counts[word]} patient{'s' if counts[word] > 1 else ''}" for word in present]
        axes.set_xticks(places, labels_below)
        axes.set_xlabel(f"{trait} of the lesion")
        axes.margins(x=0.1)
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", color="#e6e6e6")
    panels[0].set_ylabel(f"mean {metric}")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right center", frameon=False)
    return figure
