"""The DSC predicted for each patient without its truth, and the actual DSC."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from brainseg.figures.style import EXTRA, PREDICTION, TRAIN, VALIDATION


def warning(per_volume: pd.DataFrame, coverage: float, title: str) -> Figure:
    """Patients by increasing predicted DSC. The lower bound is a bar, and the DSC should be above it."""
    ordered = per_volume.sort_values(["predicted_dsc", "patient"])
    places = np.arange(len(ordered))
    below = (ordered.dsc < ordered.dsc_lower_bound).to_numpy()
    figure = Figure(figsize=(max(5.5, 1.6 + 0.22 * len(ordered)), 4.2), layout="constrained")
    axes = figure.add_subplot()
    axes.vlines(places, ordered.dsc_lower_bound, 1, color=TRAIN, alpha=0.25, lw=5)
    axes.plot(places, ordered.predicted_dsc, "_", color=EXTRA, ms=11, mew=2, label="DSC predicted from certainty")
    axes.plot(places[~below], ordered.dsc[~below], "o", color=VALIDATION, ms=5, label="DSC")
    axes.plot(places[below], ordered.dsc[below], "X", color=PREDICTION, ms=8, label="DSC below its bound")
    bounded = int(ordered.dsc_lower_bound.notna().sum())
    if bounded:
        label = f"meant to hold in {coverage:.0%}: held by {bounded - below.sum()} of {bounded}"
    else:
        label = "no bound: too few validation patients"
    axes.plot([], [], color=TRAIN, alpha=0.4, lw=5, label=label)
    axes.set_ylim(-0.03, 1.03)
    axes.set_xticks([])
    axes.set_xlabel("patients, the least certain first")
    axes.set_ylabel("DSC of the volume")
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=8)
    figure.suptitle(title, x=0.01, ha="left")
    return figure
