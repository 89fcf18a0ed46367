"""From predictions to the tables of metrics/: what the stage evaluate and `brainseg judge` have in common."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import reduce
from operator import add
from typing import Any

import numpy as np
import pandas as pd

from brainseg.data.geometry import Geometry
from brainseg.data.predictions import Prediction
from brainseg.data.split import SUBSETS
from brainseg.evaluation.failure_warning import summarize_warning
from brainseg.evaluation.patient_scores import EvaluateSettings, Scores, reliability_near_lesion, score
from brainseg.evaluation.strata import Traits, traits
from brainseg.evaluation.summary import summarize
from brainseg.metrics.calibration import Reliability
from brainseg.metrics.thresholds import dsc_by_threshold
from brainseg.postprocessing.final_mask import MaskSettings

THRESHOLDS = [round(0.05 * step, 2) for step in range(1, 20)]


@dataclass(frozen=True)
class Scored:
    """Of one patient; dsc_by_threshold: (THRESHOLDS,)."""

    scores: Scores
    traits: Traits
    dsc_by_threshold: np.ndarray
    near_lesion: Reliability


def score_prediction(
    prediction: Prediction,
    image: np.ndarray,
    truth: np.ndarray,
    retained: np.ndarray,
    geometry: Geometry,
    mask: MaskSettings,
    settings: EvaluateSettings,
    spacing_mm: tuple[float, float, float] | None = None,
) -> Scored:
    """image (S, H, W, C), truth (S, H, W) bool, retained (S,) bool; all of one patient, on the file's grid."""
    near_lesion = reliability_near_lesion(prediction, truth)
    return Scored(
        score(prediction, truth, retained, geometry, near_lesion, mask, settings, spacing_mm),
        traits(image, truth),
        dsc_by_threshold(prediction.on_file_grid, truth, THRESHOLDS),
        near_lesion,
    )


def scores_table(subset: Mapping[str, str], scored: Sequence[Scored]) -> pd.DataFrame:
    """One row per patient: patient, subset, its scores and its traits; without strata."""
    table = pd.DataFrame({"patient": list(subset), "subset": list(subset.values())})
    table = table.join(pd.DataFrame([each.scores.row() for each in scored]))
    return table.join(pd.DataFrame([asdict(each.traits) for each in scored]))


def summaries(per_volume: pd.DataFrame, scored: Sequence[Scored]) -> dict[str, dict[str, Any]]:
    """The summary of each subset that has patients; scored: in the order of the rows."""
    found = {}
    for name, inside in _inside(per_volume):
        found[name] = summarize([scored[place].scores for place in inside])
        if "predicted_dsc" in per_volume:
            found[name]["warning_of_failure"] = summarize_warning(per_volume.iloc[inside])
    return found


def curves(per_volume: pd.DataFrame, scored: Sequence[Scored]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Mean DSC by threshold, and the reliability of the probabilities, of each subset that has patients."""
    by_threshold, bins = [], []
    for name, inside in _inside(per_volume):
        mean_dsc = np.mean([scored[place].dsc_by_threshold for place in inside], axis=0)
        by_threshold.append(pd.DataFrame({"subset": name, "threshold": THRESHOLDS, "mean_dsc": mean_dsc}))
        pooled: Reliability = reduce(add, [scored[place].near_lesion for place in inside])
        bins.append(pd.DataFrame({"subset": name, **asdict(pooled)}))
    return pd.concat(by_threshold), pd.concat(bins)


def summary_line(name: str, summary: Mapping[str, Any]) -> str:
    """Of a subset, for a person to read."""
    dsc = summary["dsc"]
    return (
        f"{name:10}  {summary['patients']:3d} patients  mean DSC {dsc['mean']:.4f}  median {dsc['median']:.4f}"
        f"  minimum {dsc['minimum']:.4f}  failures {dsc['failures']}"
    )


def _inside(per_volume: pd.DataFrame) -> list[tuple[str, np.ndarray]]:
    """The subsets that have patients, each with the places of its rows."""
    places = {name: np.flatnonzero(per_volume.subset == name) for name in SUBSETS}
    return [(name, inside) for name, inside in places.items() if len(inside)]
