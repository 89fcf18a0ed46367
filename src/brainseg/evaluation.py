"""Scores of a patient, and their summary over a subset of patients."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from pydantic import Field

from brainseg.geometry import Geometry, resize_square
from brainseg.largest_component import largest_component
from brainseg.params import StrictSettings
from brainseg.prediction import Prediction, above
from brainseg.scores import dsc, iou

REPORT_SIDE_PX = 256  # the grid on which the report scores
FAILURE_DSC = 0.1  # below this the lesion counts as not found


class EvaluateSettings(StrictSettings):
    threshold: float = Field(gt=0, lt=1)
    largest_component: bool


@dataclass(frozen=True)
class Scores:
    """One patient. dsc and iou follow the settings; the others always are what they say.

    All are on the file's grid over all slices, but dsc_report: the report's protocol, on the
    256 x 256 grid of its preprocessing, above 0.5, largest component, first and last slice
    and those without any signal left out. Its box is that of preprocessing: the report's where
    preprocess.background is the report's 0.1.
    """

    dsc: float
    iou: float
    dsc_largest_component: float
    dsc_every_component: float
    iou_largest_component: float
    iou_every_component: float
    dsc_report: float
    lesion_voxels: int
    predicted_voxels: int


def score(
    prediction: Prediction, truth: np.ndarray, kept: np.ndarray, geometry: Geometry, settings: EvaluateSettings
) -> Scores:
    """Score a prediction against truth (S, H, W) bool; kept (S,) bool are the report's slices."""
    every = above(prediction.on_file_grid, settings.threshold)
    largest = largest_component(every)
    headline = largest if settings.largest_component else every
    return Scores(
        dsc=dsc(headline, truth),
        iou=iou(headline, truth),
        dsc_largest_component=dsc(largest, truth),
        dsc_every_component=dsc(every, truth),
        iou_largest_component=iou(largest, truth),
        iou_every_component=iou(every, truth),
        dsc_report=_dsc_report(prediction, truth, kept, geometry),
        lesion_voxels=int(truth.sum()),
        predicted_voxels=int(headline.sum()),
    )


def _dsc_report(prediction: Prediction, truth: np.ndarray, kept: np.ndarray, geometry: Geometry) -> float:
    on_grid = resize_square(prediction.on_network_grid[kept], REPORT_SIDE_PX)
    truth_on_grid = geometry.to_square(truth[kept], REPORT_SIDE_PX, order=0) > 0.5
    return dsc(largest_component(above(on_grid, 0.5)), truth_on_grid)


def summarize(scores: list[Scores], settings: EvaluateSettings) -> dict[str, Any]:
    """Scores over patients: mean and median, and the spread of the headline and the report's DSC.

    Of largest and every component the one that is the headline anyway is not repeated.
    """
    repeated = "_largest_component" if settings.largest_component else "_every_component"
    columns = {name: np.array([asdict(patient)[name] for patient in scores]) for name in asdict(scores[0])}
    summary: dict[str, Any] = {"patients": len(scores)}
    for name, values in columns.items():
        if name.startswith(("dsc", "iou")) and not name.endswith(repeated):
            summary[name] = {"mean": float(values.mean()), "median": float(np.median(values))}
    for name in ("dsc", "dsc_report"):
        failures = int((columns[name] < FAILURE_DSC).sum())
        summary[name] |= {"sd": _sd(columns[name]), "minimum": float(columns[name].min()), "failures": failures}
    return summary


def _sd(values: np.ndarray) -> float | None:
    """Standard deviation of a sample; one patient has none."""
    return float(values.std(ddof=1)) if len(values) > 1 else None
