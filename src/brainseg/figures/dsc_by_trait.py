"""DSC by traits of the patients: size and edge of the lesion, institution, missing sequences."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, ScalarFormatter

from brainseg.figures.style import EXTRA, TRAIN, VALIDATION


def dsc_by_trait(per_volume: pd.DataFrame, title: str) -> Figure:
    """A dot is a patient, a bar a stratum's median; a tick is the DSC of the truth itself at the training size."""
    figure = Figure(figsize=(11, 3.9), layout="constrained")
    panels = figure.subplots(1, 4, sharey=True, width_ratios=(1.3, 1.3, 1, 1))
    size, unit = ("lesion_ml", "ml") if "lesion_ml" in per_volume else ("lesion_voxels", "voxels")
    _scattered(panels[0], per_volume, size, "size")
    panels[0].set_xscale("log")
    panels[0].xaxis.set_major_formatter(ScalarFormatter())
    panels[0].xaxis.set_minor_formatter(NullFormatter())
    panels[0].set_xlabel(f"lesion, {unit}")
    _scattered(panels[1], per_volume, "raggedness", "edge")
    panels[1].set_xlabel("raggedness of its edge")
    _by_group(panels[2], per_volume, "institution", "institution")
    _by_group(panels[3], per_volume, "equal_channels", "equal channels")
    panels[0].set_ylabel("DSC of the volume")
    panels[0].set_ylim(-0.03, 1.05)
    for axes in panels:
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", color="#e6e6e6")
        axes.set_axisbelow(True)
    handles = [
        panels[0].plot([], [], "o", color=VALIDATION, alpha=0.75, label="a patient")[0],
        panels[0].plot([], [], "_", ms=10, color=TRAIN, label="its truth, at the training size")[0],
        panels[0].plot([], [], lw=3, color=EXTRA, label="median of a stratum")[0],
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False)
    figure.suptitle(title, x=0.01, ha="left")
    return figure


def _scattered(axes, patients: pd.DataFrame, value: str, stratum: str) -> None:
    patients = patients.dropna(subset=[value, stratum])
    axes.plot(patients[value], patients.ceiling_dsc, "_", ms=7, color=TRAIN)
    axes.plot(patients[value], patients.dsc, "o", color=VALIDATION, alpha=0.75, ms=5)
    for word, inside in patients.groupby(stratum):
        low, high = inside[value].min(), inside[value].max()
        axes.plot([low, high] if low < high else [low * 0.97, low * 1.03], [inside.dsc.median()] * 2, lw=3, color=EXTRA)
        place = np.sqrt(low * high) if stratum == "size" else (low + high) / 2
        axes.text(place, 1.04, f"{word}\n{len(inside)}", ha="center", va="bottom", fontsize=8)


def _by_group(axes, patients: pd.DataFrame, column: str, label: str) -> None:
    for place, (_, inside) in enumerate(patients.fillna({column: "?"}).groupby(column)):
        spread = np.linspace(-0.15, 0.15, len(inside)) if len(inside) > 1 else np.zeros(1)
        axes.plot(place + spread, inside.ceiling_dsc, "_", ms=7, color=TRAIN)
        axes.plot(place + spread, inside.dsc, "o", color=VALIDATION, alpha=0.75, ms=5)
        axes.plot([place - 0.3, place + 0.3], [inside.dsc.median()] * 2, lw=3, color=EXTRA)
    groups = patients.fillna({column: "?"}).groupby(column)
    axes.set_xticks(range(len(groups)), [f"{word}\n{len(inside)}" for word, inside in groups], fontsize=8)
    axes.set_xlim(-0.6, len(groups) - 0.4)
    axes.set_xlabel(label)
