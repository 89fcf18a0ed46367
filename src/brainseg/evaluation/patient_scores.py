"""Scores of a patient."""

from dataclasses import asdict, dataclass
from math import nan
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from brainseg.core.params import StrictSettings
from brainseg.data.geometry import Geometry, resize_square, voxel_ml
from brainseg.data.predictions import Prediction, above_threshold, to_uint8
from brainseg.metrics.calibration import Reliability, calibration_error, reliability
from brainseg.metrics.lesions import count_lesions, lesion_sensitivity
from brainseg.metrics.overlap import dsc, iou, precision, sensitivity
from brainseg.metrics.slicewise import dsc_slicewise
from brainseg.metrics.surface import hd95_and_assd, surface_dice, surface_dice_3d
from brainseg.metrics.thresholds import near_threshold_share, threshold_agreement
from brainseg.postprocessing.final_mask import MaskSettings, final_mask, postprocess
from brainseg.postprocessing.largest_component import largest_component

REPORT_SIDE_PX = 256  # the grid on which the report scores
NEAR_LESION_PX = 10  # how far from a lesion, true or predicted, calibration is judged
CALIBRATION_BINS = 10


def _share_or_auto(value: Any) -> Any:
    """One fault for the two types. pydantic would report one for each, and name neither the key nor the value well."""
    if value == "auto" or (isinstance(value, float) and 0 < value < 1):
        return value
    raise PydanticCustomError("threshold", "Input should be above 0 and below 1, or 'auto'")


class EvaluateSettings(StrictSettings):
    """The settings of the final mask, which `auto` leaves to mask_selection.py, and of its scores."""

    threshold: Annotated[Annotated[float, Field(gt=0, lt=1)] | Literal["auto"], BeforeValidator(_share_or_auto)]
    components: Literal["every", "largest", "largest_by_depth", "share", "size", "auto"]
    least_share: float = Field(gt=0, le=1)
    least_voxels: int = Field(ge=1, le=1_000_000_000)
    tolerance_px: float = Field(gt=0, le=1000)
    tolerance_mm: float = Field(gt=0, le=1000)  # where the spacing is known; the two in pixels where it is not
    slice_step_px: float = Field(gt=0, le=1000)


@dataclass(frozen=True)
class Scores:
    """The scores of one patient, as listed in docs/reference/metrics.md. Undefined scores are nan.

    All are of the final mask (final_mask.py), on the file's grid over all slices, except:
    dsc_largest_component, dsc_every_component: of the components in their names, whatever the settings
    dsc_report: the report's protocol, on the 256 x 256 grid of its preprocessing, above 0.5, largest
        component, first and last slice and those without any signal left out. Its box is that of
        preprocessing: the report's where preprocess.background is the report's 0.1
    ceiling_dsc: of the truth itself, resampled to the network's grid and back
        Both are nan where the network's grid is not known.
    certainty, near_threshold_share, calibration_error: of the probabilities
    Those in px are None where the spacing is known, those in mm and ml, and nsd_3d, where it is not.
    """

    dsc: float
    iou: float
    sensitivity: float
    precision: float
    nsd: float
    nsd_3d: float | None
    hd95_px: float | None
    assd_px: float | None
    hd95_mm: float | None
    assd_mm: float | None
    volume_error: float
    lesion_sensitivity: float
    false_components: int
    dsc_slicewise: float
    dsc_largest_component: float
    dsc_every_component: float
    dsc_report: float
    ceiling_dsc: float
    certainty: float
    near_threshold_share: float
    calibration_error: float
    lesions: int
    lesion_voxels: int
    predicted_voxels: int
    lesion_ml: float | None
    predicted_ml: float | None

    def row(self) -> dict[str, float]:
        """The scores by name, without those that are None."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def score(
    prediction: Prediction,
    truth: np.ndarray,
    retained: np.ndarray,
    geometry: Geometry,
    near_lesion: Reliability,
    mask: MaskSettings,
    settings: EvaluateSettings,
    spacing_mm: tuple[float, float, float] | None = None,
) -> Scores:
    """Score a prediction against truth (S, H, W) bool; retained (S,) bool are the report's slices.

    spacing_mm: between slices, rows and columns; None where it is not known: distances are then in pixels
    mask: of the final mask; the threshold and components of `settings` may be auto
    near_lesion: of the same prediction and truth, as reliability_near_lesion counts it
    """
    probability, own_grid, depth = prediction.on_file_grid, prediction.on_network_grid, prediction.head_depth
    every = above_threshold(probability, mask.threshold)
    final = final_mask(prediction, mask)
    largest = final if mask.components == "largest" else largest_component(every)
    lesions = count_lesions(final, truth)
    return Scores(
        dsc=dsc(final, truth),
        iou=iou(final, truth),
        sensitivity=sensitivity(final, truth),
        precision=precision(final, truth),
        **_distances(final, truth, settings, spacing_mm),
        volume_error=_volume_error(final, truth),
        lesion_sensitivity=lesion_sensitivity(lesions),
        false_components=lesions.false_components,
        dsc_slicewise=dsc_slicewise(final, truth),
        dsc_largest_component=dsc(largest, truth),
        dsc_every_component=dsc(every, truth),
        dsc_report=nan if own_grid is None else _dsc_report(own_grid, truth, retained, geometry),
        ceiling_dsc=nan if own_grid is None else _ceiling_dsc(truth, geometry, own_grid.shape[-1]),
        certainty=threshold_agreement(probability, final, lambda other: postprocess(other, probability, mask, depth)),
        near_threshold_share=near_threshold_share(probability, mask.threshold),
        calibration_error=calibration_error(near_lesion),
        lesions=lesions.lesions,
        lesion_voxels=int(truth.sum()),
        predicted_voxels=int(final.sum()),
        lesion_ml=None if spacing_mm is None else int(truth.sum()) * voxel_ml(spacing_mm),
        predicted_ml=None if spacing_mm is None else int(final.sum()) * voxel_ml(spacing_mm),
    )


def _distances(
    final: np.ndarray, truth: np.ndarray, settings: EvaluateSettings, spacing_mm: tuple[float, float, float] | None
) -> dict[str, float | None]:
    """NSD, HD95 and ASSD, in pixels or in mm."""
    unit, spacing, tolerance = "px", (settings.slice_step_px, 1.0, 1.0), settings.tolerance_px
    if spacing_mm is not None:
        unit, spacing, tolerance = "mm", spacing_mm, settings.tolerance_mm
    hd95, assd = hd95_and_assd(final, truth, spacing)
    found = dict.fromkeys(("nsd_3d", "hd95_px", "assd_px", "hd95_mm", "assd_mm"))
    found |= {"nsd": surface_dice(final, truth, tolerance, spacing[1:]), f"hd95_{unit}": hd95, f"assd_{unit}": assd}
    if spacing_mm is not None:
        found["nsd_3d"] = surface_dice_3d(final, truth, tolerance, spacing)
    return found


def reliability_near_lesion(prediction: Prediction, truth: np.ndarray) -> Reliability:
    return reliability(prediction.on_file_grid, truth, NEAR_LESION_PX, CALIBRATION_BINS)


def _volume_error(prediction: np.ndarray, truth: np.ndarray) -> float:
    """(predicted - true volume) / true volume: 0.1 is a tenth too much; nan without truth."""
    true = int(truth.sum())
    return (int(prediction.sum()) - true) / true if true else float("nan")


def _dsc_report(own_grid: np.ndarray, truth: np.ndarray, retained: np.ndarray, geometry: Geometry) -> float:
    on_grid = resize_square(own_grid[retained], REPORT_SIDE_PX)
    truth_on_grid = geometry.to_square(truth[retained], REPORT_SIDE_PX, order=0)
    return dsc(largest_component(above_threshold(on_grid, 0.5)), truth_on_grid)


def _ceiling_dsc(truth: np.ndarray, geometry: Geometry, side_px: int) -> float:
    """The DSC of a network that reproduces its training mask exactly."""
    occupied = truth.any(axis=(1, 2))  # the other slices are empty in both
    as_seen = geometry.to_square(truth[occupied], side_px, order=0)
    return dsc(above_threshold(to_uint8(geometry.to_file(as_seen)), 0.5), truth[occupied])
