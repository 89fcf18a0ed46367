"""Quality of the probabilities: the DSC at other thresholds, and whether 0.8 means 80 %."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from brainseg.figures.style import EXTRA, TRAIN, VALIDATION


def probabilities(by_threshold: pd.DataFrame, reliability: pd.DataFrame, threshold: float, title: str) -> Figure:
    """Left the mean DSC over thresholds, of one subset; right its reliability curve near the lesions."""
    figure = Figure(figsize=(9, 4.1), layout="constrained")
    left, right = figure.subplots(1, 2)
    best = by_threshold.loc[by_threshold.mean_dsc.idxmax()]
    left.plot(by_threshold.threshold, by_threshold.mean_dsc, color=VALIDATION, lw=2)
    left.axvline(threshold, color=TRAIN, ls="--", label=f"threshold used, {threshold:g}")
    best_label = f"best, chosen on these patients: {best.threshold:g}, {best.mean_dsc:.3f}"
    left.plot(best.threshold, best.mean_dsc, "o", color=EXTRA, label=best_label)
    left.set_xlabel("threshold")
    left.set_ylabel("mean DSC, every component kept")
    left.set_ylim(0, 1)
    left.set_xlim(0, 1)
    left.legend(edgecolor="none", framealpha=1, loc="lower center")

    used = reliability[reliability.voxels > 0]
    share = used.voxels / used.voxels.sum()
    right.plot([0, 1], [0, 1], color=TRAIN, ls=":", label="calibrated")
    mean_probability, lesion = used.probability / used.voxels, used.lesion / used.voxels
    right.plot(mean_probability, lesion, color=VALIDATION, lw=2)
    right.scatter(mean_probability, lesion, s=20 + 300 * np.sqrt(share), color=VALIDATION, alpha=0.6)
    if len(used):
        label = f"larger with more voxels; error {np.abs(used.lesion - used.probability).sum() / used.voxels.sum():.3f}"
    else:
        label = "no lesion, true or predicted"
    right.plot([], [], "o", color=VALIDATION, alpha=0.6, label=label)
    right.set_xlabel("predicted probability, within 10 px of a lesion")
    right.set_ylabel("share that is lesion")
    right.set_xlim(0, 1)
    right.set_ylim(0, 1)
    right.legend(frameon=False, loc="upper left")
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(title, x=0.01, ha="left")
    return figure
