"""The expected DSC of a scan, and a lower bound of it, without the truth.

A line from certainty to DSC is fitted on validation patients. The lower bound is the one-sided
jackknife+ (Barber, Candes, Ramdas & Tibshirani, Annals of Statistics 2021): each validation patient is
predicted without itself, and the errors give the bound for a new patient. The only assumption is that new
patients are exchangeable with the validation patients. At a nominal 1 in 10 below the bound, at most 2 in 10 is
proven; in practice it is about 1 in 10. Where weights were chosen on the validation patients
(predict.weights: best), their DSC is higher than that of new patients will be.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:  # the line alone, for a new scan, does without pandas
    import pandas as pd

COVERAGE = 0.9


def predicted_dsc(certainty: np.ndarray, dsc: np.ndarray, new: np.ndarray) -> np.ndarray:
    """DSC to expect at each new certainty (k,), from the (n,) validation patients'; in 0 ... 1."""
    if len(dsc) < 3 or np.ptp(certainty) < 1e-9:  # equal except for rounding: no line can be fitted
        return np.full(len(new), dsc.mean())
    slope, at_zero = np.polyfit(certainty, dsc, 1)
    return (slope * new + at_zero).clip(0, 1)


def dsc_lower_bound(certainty: np.ndarray, dsc: np.ndarray, new: np.ndarray, coverage: float = COVERAGE) -> np.ndarray:
    """What a new patient's DSC reaches with about the probability `coverage`: (k,) in 0 ... 1.

    nan for too few patients, n < 9 at 0.9: fewer patients allow no bound for one in ten.
    """
    n = len(dsc)
    below = math.floor((1 - coverage) * (n + 1) + 1e-9)  # this many of n + 1 may be below
    if below < 1:
        return np.full(len(new), math.nan)
    bounds = np.empty((n, len(new)))
    for left_out in range(n):
        others = np.arange(n) != left_out
        both = np.append(new, certainty[left_out])
        *at_new, at_left_out = predicted_dsc(certainty[others], dsc[others], both)
        bounds[left_out] = np.array(at_new) - (at_left_out - dsc[left_out])
    return np.sort(bounds, axis=0)[below - 1].clip(0, 1)


def leave_one_out(certainty: np.ndarray, dsc: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """predicted_dsc and dsc_lower_bound of each validation patient, from all others: (n,) and (n,)."""
    predicted, at_least = np.empty(len(dsc)), np.empty(len(dsc))
    for patient in range(len(dsc)):
        others = np.arange(len(dsc)) != patient
        rest = (certainty[others], dsc[others], certainty[[patient]])
        predicted[patient] = predicted_dsc(*rest)[0] if others.any() else math.nan
        at_least[patient] = dsc_lower_bound(*rest)[0] if others.any() else math.nan
    return predicted, at_least


def with_warning(per_volume: pd.DataFrame) -> pd.DataFrame:
    """Add the columns predicted_dsc and dsc_lower_bound, from validation patients; for each of these, from the others.

    nan where nothing is predicted: certainty is about an outline, and there is none.
    """
    anything = (per_volume.predicted_voxels > 0).to_numpy()
    validation = anything & (per_volume.subset == "validation").to_numpy()
    new = anything & ~validation
    certainty, dsc = per_volume.certainty.to_numpy(), per_volume.dsc.to_numpy()
    known = certainty[validation], dsc[validation]
    predicted, at_least = np.full(len(dsc), math.nan), np.full(len(dsc), math.nan)
    if validation.any():
        predicted[new], at_least[new] = predicted_dsc(*known, certainty[new]), dsc_lower_bound(*known, certainty[new])
        predicted[validation], at_least[validation] = leave_one_out(*known)
    return per_volume.assign(predicted_dsc=predicted, dsc_lower_bound=at_least)


def summarize_warning(patients: pd.DataFrame) -> dict[str, Any]:
    """Rank correlation of certainty and DSC, and how often the DSC reached the bound; None where undefined.

    Over the patients with a non-empty prediction; nothing_predicted counts the others: an empty mask is a warning.
    """
    predicted, bounded = patients.dropna(subset="predicted_dsc"), patients.dropna(subset="dsc_lower_bound")
    ranked = len(predicted) > 2 and predicted.certainty.nunique() > 1 and predicted.dsc.nunique() > 1
    return {
        "nothing_predicted": len(patients) - len(predicted),
        "rank_correlation": float(predicted.certainty.corr(predicted.dsc, method="spearman")) if ranked else None,
        "asked_coverage": COVERAGE,
        "coverage": float((bounded.dsc >= bounded.dsc_lower_bound).mean()) if len(bounded) else None,
        "mean_dsc_lower_bound": float(bounded.dsc_lower_bound.mean()) if len(bounded) else None,
    }
