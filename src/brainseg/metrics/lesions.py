"""Lesions found and missed, counted one by one, so that a large lesion does not hide a missed small one."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from brainseg.metrics.bounding_box import box_around

# 26 neighbours: slices are far apart, so parts of one lesion may touch from slice to slice at a corner
# only; with 6 it would count as several, each of which had to be found
NEIGHBOURS = np.ones((3, 3, 3), bool)


@dataclass(frozen=True)
class LesionCounts:
    """Components of a patient.

    lesions: of the truth
    found: of these, the ones that share a voxel with the prediction
    false_components: of the prediction, without any true voxel
    """

    lesions: int
    found: int
    false_components: int


def count_lesions(prediction: np.ndarray, truth: np.ndarray) -> LesionCounts:
    """Count the 26-connected components of (S, H, W) bool masks of one shape; an empty mask has none.

    One shared voxel is enough; the extent is measured by the overlap. A predicted component may find
    several lesions, and several may find one. medpy's `obj_tpr` and `obj_fpr` pair them one to
    one instead, so that two lesions joined in the prediction count as one found and one missed.
    """
    box = box_around(prediction, truth)
    prediction, truth = prediction[box], truth[box]
    lesions, lesion_count = ndimage.label(truth, NEIGHBOURS)
    components, component_count = ndimage.label(prediction, NEIGHBOURS)
    shared = prediction & truth
    found = len(np.unique(lesions[shared]))
    return LesionCounts(lesion_count, found, component_count - len(np.unique(components[shared])))


def lesion_sensitivity(counts: LesionCounts) -> float:
    """Share of the lesions that are found; nan without lesions."""
    return counts.found / counts.lesions if counts.lesions else math.nan
