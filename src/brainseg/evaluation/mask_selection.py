"""The threshold and the components of the final mask, chosen on the validation patients.

A test patient has no influence on the choice. Where validation patients are scored, their score is too high.
"""

from collections.abc import Sequence

import numpy as np

from brainseg.data.predictions import Prediction, above_threshold
from brainseg.evaluation.patient_scores import EvaluateSettings
from brainseg.metrics.bounding_box import box_around
from brainseg.metrics.overlap import dsc
from brainseg.postprocessing.final_mask import MaskSettings, postprocess

# The simplest comes first: of equal candidates the first is chosen. The lists are short, since each candidate more
# makes the chosen one fit the validation patients better than new ones.
RULES: tuple[dict[str, str | float | int], ...] = (
    {"components": "every"},
    {"components": "largest"},
    {"components": "largest_by_depth"},
    {"components": "share", "least_share": 0.5},
    {"components": "share", "least_share": 0.2},
    {"components": "size", "least_voxels": 20},
    {"components": "size", "least_voxels": 100},
)
THRESHOLDS = (0.5, 0.4, 0.6, 0.3, 0.7)


def candidates(settings: EvaluateSettings) -> list[MaskSettings]:
    """What `auto` chooses from, the simplest rule first and for each rule 0.5 first; one where nothing is `auto`."""
    given = settings.model_dump()
    rules = RULES if settings.components == "auto" else ({"components": settings.components},)
    thresholds = THRESHOLDS if settings.threshold == "auto" else (settings.threshold,)
    return [MaskSettings(**given | rule | {"threshold": threshold}) for rule in rules for threshold in thresholds]


def dsc_of_candidates(options: Sequence[MaskSettings], prediction: Prediction, truth: np.ndarray) -> np.ndarray:
    """(candidates,) the DSC of a patient's final mask by each; truth is (S, H, W) bool."""
    lowest = min(option.threshold for option in options)
    box = box_around(above_threshold(prediction.on_file_grid, lowest), truth)  # all that any mask contains
    probability, inside = prediction.on_file_grid[box], truth[box]
    depth = None if prediction.head_depth is None else prediction.head_depth[box]
    masks = [
        postprocess(above_threshold(probability, option.threshold), probability, option, depth) for option in options
    ]
    return np.array([dsc(mask, inside) for mask in masks])


def best_candidate(dsc_by_patient: np.ndarray) -> int:
    """The place of the highest mean DSC, the first of equal ones; dsc_by_patient is (patients, candidates)."""
    return int(np.argmax(dsc_by_patient.mean(axis=0)))
