"""A model file applied to new scans, in Python: `brainseg.load("model.zip")`."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from scipy import ndimage

from brainseg.core.channels import LGG_CHANNELS
from brainseg.core.errors import UserError
from brainseg.data.geometry import voxel_ml
from brainseg.data.predictions import Prediction
from brainseg.data.preprocessed import Preprocessed
from brainseg.evaluation.failure_warning import dsc_lower_bound, predicted_dsc
from brainseg.metrics.thresholds import threshold_agreement
from brainseg.model.archive import Model, read_model
from brainseg.model.training_range import features, unlike_training
from brainseg.postprocessing.final_mask import final_mask, postprocess
from brainseg.preprocessing import PreprocessSettings, preprocess
from brainseg.scans.find import find_scans
from brainseg.scans.read import read_scan, scan_from_array
from brainseg.scans.scan import Scan
from brainseg.scans.write import write_mask

KNOWN = "the model was trained or validated on this person: a score on this scan would be too high"
Runtime = Literal["torch", "onnx"]


@dataclass(frozen=True)
class Segmentation:
    """The lesion of one scan.

    mask: (S, H, W) bool, on the scan's own grid, in axial order: inferior to superior, anterior to posterior,
        patient's right to left
    probability: (S, H, W) float32 of lesion, in steps of 1/255, on the same grid
    volume_ml, largest_lesion_ml: None where the scan's format states no spacing
    lesions: number of 6-connected components of the mask
    predicted_dsc, dsc_lower_bound: the DSC to expect, and what it reaches with a probability of about 0.9; None
        where nothing is segmented, or the model has too few validation patients
    warnings: plain sentences; empty where nothing is unusual
    """

    mask: np.ndarray
    probability: np.ndarray
    volume_ml: float | None
    largest_lesion_ml: float | None
    lesions: int
    predicted_dsc: float | None
    dsc_lower_bound: float | None
    warnings: tuple[str, ...]
    scan: Scan

    def write(self, folder: str | Path, format: str | None = None) -> list[Path]:
        """Write the mask into a folder, in the scan's own format or in another one; the paths of the files."""
        return write_mask(Path(folder), self.scan, self.mask, format)


class Segmenter:
    """Call it with a scan: a path as for `brainseg predict`, or an array.

    An array is (S, H, W, C) with the model's channels, as the LGG set's pre-contrast, FLAIR and post-contrast, or
    (S, H, W) of the main one alone: FLAIR, or the first where there is no FLAIR. Slices are axial, anterior is at the
    top. spacing_mm is (slice, row, column), for arrays and for formats that state none; it gives volumes in ml.
    """

    def __init__(self, model: Model, runtime: Runtime = "torch") -> None:
        self.model = model
        self._predict = _predictor(model, runtime)

    def __call__(
        self, scan: np.ndarray | str | Path | Scan, spacing_mm: tuple[float, float, float] | None = None
    ) -> Segmentation:
        record = self.model.record
        if isinstance(scan, np.ndarray):
            scan = scan_from_array(scan, spacing_mm, channels=record.channels)
        elif not isinstance(scan, Scan):
            scan = read_one(str(scan), spacing_mm, record.channels)
        patient = preprocess_scan(scan, record.preprocess)
        prediction = self._predict(patient)
        mask = final_mask(prediction, record.mask)
        expected, at_least = self._expected_dsc(prediction, mask)
        volume_ml, largest_ml, lesions = _volumes(mask, scan.spacing_mm)
        return Segmentation(
            mask=mask,
            probability=prediction.on_file_grid.astype(np.float32) / 255,
            volume_ml=volume_ml,
            largest_lesion_ml=largest_ml,
            lesions=lesions,
            predicted_dsc=expected,
            dsc_lower_bound=at_least,
            warnings=self._warnings(scan, patient, mask),
            scan=scan,
        )

    def _expected_dsc(self, prediction: Prediction, mask: np.ndarray) -> tuple[float | None, float | None]:
        known = self.model.record.failure_warning
        if not mask.any() or not known.dsc:
            return None, None
        settings, probability = self.model.record.mask, prediction.on_file_grid
        certainty = threshold_agreement(
            probability, mask, lambda other: postprocess(other, probability, settings, prediction.head_depth)
        )
        arrays = np.array(known.certainty), np.array(known.dsc), np.array([certainty])
        values = predicted_dsc(*arrays)[0], dsc_lower_bound(*arrays)[0]
        return tuple(None if math.isnan(value) else float(value) for value in values)

    def _warnings(self, scan: Scan, patient: Preprocessed, mask: np.ndarray) -> tuple[str, ...]:
        unlike = unlike_training(features(patient), self.model.record.training_range)
        nothing = [] if mask.any() else ["no lesion was found"]
        known = [KNOWN]
        return (*scan.warnings, *unlike, *nothing, *(known if self.model.record.knows(scan.name) else []))


def load(path: str | Path, runtime: Runtime = "torch") -> Segmenter:
    """The segmenter of a model file; a UserError for a file that is damaged or not a model file."""
    return Segmenter(read_model(Path(path)), runtime)


def _predictor(model: Model, runtime: Runtime) -> Callable[[Preprocessed], Prediction]:
    if runtime == "torch":
        from brainseg.model.torch_runtime import torch_predictor

        return torch_predictor(model)
    if runtime == "onnx":
        from brainseg.model.onnx_runtime import onnx_predictor

        return onnx_predictor(model)
    raise UserError(f"runtime is {runtime!r}; expected torch or onnx")


def read_one(
    path: str, spacing_mm: tuple[float, float, float] | None = None, channels: Sequence[str] = LGG_CHANNELS
) -> Scan:
    """The scan that a path names; a UserError where it holds several."""
    found = find_scans([path], channels)
    if len(found) != 1:
        raise UserError(f"{path}: holds {len(found)} scans; expected one")
    return read_scan(found[0], spacing_mm, channels)


def preprocess_scan(scan: Scan, settings: PreprocessSettings) -> Preprocessed:
    """As training patients were, without a mask."""
    no_mask = np.zeros(scan.image.shape[:3], bool)
    return preprocess(scan.image, no_mask, settings, scan.spacing_mm, scan.channels)


def _volumes(mask: np.ndarray, spacing_mm: tuple[float, float, float] | None) -> tuple[float | None, float | None, int]:
    """Volume and largest component in ml, or None without spacing, and the number of components."""
    labels, count = ndimage.label(mask)  # joined by faces
    if spacing_mm is None:
        return None, None, count
    sizes = np.bincount(labels.ravel(), minlength=2)[1:]
    return int(mask.sum()) * voxel_ml(spacing_mm), int(sizes.max()) * voxel_ml(spacing_mm), count
