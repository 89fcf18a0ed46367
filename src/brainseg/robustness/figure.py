"""The DSC of the held-out patients under increasing perturbation of their images."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from brainseg.figures.style import TRAIN, VALIDATION


def robustness_lines(dsc: Mapping[str, Mapping[str, Sequence[float]]], title: str) -> Figure:
    """One panel per kind: mean bold, each patient faint; dsc[kind][strength] of each patient, no perturbation first."""
    figure = Figure(figsize=(2.4 * len(dsc) + 0.6, 3.9), layout="constrained")
    panels = figure.subplots(1, len(dsc), sharey=True, squeeze=False)[0]
    for axes, (kind, of_strength) in zip(panels, dsc.items(), strict=True):
        values = np.array(list(of_strength.values()))  # (strengths, patients)
        means, places = values.mean(axis=1), np.arange(len(values))
        axes.plot(places, values, color=TRAIN, lw=0.8, alpha=0.45)
        axes.axhline(means[0], color=VALIDATION, ls=":", lw=1)
        axes.plot(places, means, "o-", color=VALIDATION, lw=2.2, ms=5)
        # the means are beside the names: among the lines they would be unreadable
        labels = [f"{strength}\n{mean:.3f}" for strength, mean in zip(of_strength, means, strict=True)]
        axes.set_xticks(places, labels, fontsize=8)
        axes.set_title(kind.replace("_", " "), fontsize=10)
        axes.set_xlim(-0.3, len(values) - 0.7)
        axes.set_ylim(-0.02, 1.02)
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylabel("DSC of the volume")
    figure.suptitle(title, x=0.01, ha="left")
    return figure
