"""Summary of scores over patients."""

from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from brainseg.data.split import SUBSETS
from brainseg.evaluation.patient_scores import Scores
from brainseg.evaluation.strata import STRATA

FAILURE_DSC = 0.1  # below this the lesion counts as not found
COUNTED = (
    "lesions",
    "lesion_voxels",
    "predicted_voxels",
    "lesion_ml",
    "predicted_ml",
)  # of interest only for single patients
TRAITS = STRATA | {"institution": None, "equal_channels": None}  # strata in order, or sorted


def summarize(scores: list[Scores]) -> dict[str, Any]:
    """Mean and median of each score over patients, and the spread of the DSC and of the report's DSC.

    Undefined values are left out; then `patients` beside the mean is the number of values. Without
    values mean and median are None.
    """
    table = pd.DataFrame([patient.row() for patient in scores])
    columns = {name: table[name].to_numpy(float) for name in table}
    summary: dict[str, Any] = {"patients": len(scores)}
    for name, values in columns.items():
        if name not in COUNTED:
            summary[name] = _mean_and_median(values)
    for name in ("dsc", "dsc_report"):
        defined = columns[name][~np.isnan(columns[name])]
        minimum = float(defined.min()) if len(defined) else None
        failures = int((defined < FAILURE_DSC).sum())
        summary[name] |= {"sd": _sd(defined), "minimum": minimum, "failures": failures}
    return summary


def _mean_and_median(values: np.ndarray) -> dict[str, Any]:
    defined = values[~np.isnan(values)]
    if not len(defined):
        return {"mean": None, "median": None, "patients": 0}
    both = {"mean": float(defined.mean()), "median": float(np.median(defined))}
    return both if len(defined) == len(values) else both | {"patients": len(defined)}


def _sd(values: np.ndarray) -> float | None:
    """Standard deviation of a sample; undefined for one patient."""
    return float(values.std(ddof=1)) if len(values) > 1 else None


def by_stratum(per_volume: pd.DataFrame) -> pd.DataFrame:
    """DSC and NSD in each stratum of each subset: one row per stratum that has patients."""
    rows = []
    for subset, trait in product(SUBSETS, TRAITS):
        inside = per_volume[(per_volume.subset == subset) & (per_volume[trait] != "")]  # "": no lesion, no institution
        present = set(inside[trait])
        strata = [word for word in TRAITS[trait] or sorted(present) if word in present]
        for stratum in strata:
            patients = inside[inside[trait] == stratum]
            failures = int((patients.dsc < FAILURE_DSC).sum())
            row = {"subset": subset, "trait": trait, "stratum": stratum, "patients": len(patients)}
            row |= {"mean_dsc": patients.dsc.mean(), "median_dsc": patients.dsc.median(), "failures": failures}
            rows.append(row | {"mean_nsd": patients.nsd.mean()})
    return pd.DataFrame(rows)
