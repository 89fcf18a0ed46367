"""Calibration of predicted probabilities: of voxels at 0.8, 80 % should be lesion."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from brainseg.data.predictions import above_threshold
from brainseg.metrics.bounding_box import box_around


@dataclass(frozen=True)
class Reliability:
    """Voxels by predicted probability, in bins of equal width from 0 to 1; each array is (bins,).

    voxels: how many, int64
    probability: the sum of their probabilities, float64
    lesion: how many are truly lesion, int64
    """

    voxels: np.ndarray
    probability: np.ndarray
    lesion: np.ndarray

    def __add__(self, other: "Reliability") -> "Reliability":
        """The voxels of both, to pool patients; both have the same number of bins."""
        return Reliability(self.voxels + other.voxels, self.probability + other.probability, self.lesion + other.lesion)


def reliability(probability: np.ndarray, truth: np.ndarray, near_px: float, bins: int) -> Reliability:
    """Count the voxels near a lesion by their probability.

    probability: (S, H, W) uint8 in steps of 1/255
    truth: (S, H, W) bool
    near_px: voxels count up to this distance, in the slice plane, from the truth or from the
    prediction above 0.5. Nearly all of the whole volume is certain background, with which any
    network would look calibrated. Where truth and prediction are empty, no voxel counts.
    bins: of equal width, each with its upper end and without its lower; 0 is in the first
    """
    if probability.shape != truth.shape:
        raise ValueError(f"probability is {probability.shape}, truth {truth.shape}; expected one shape")
    lesion_or_predicted, near = truth | above_threshold(probability, 0.5), np.zeros(truth.shape, bool)
    for number in np.flatnonzero(lesion_or_predicted.any((1, 2))):
        here = lesion_or_predicted[number]
        box = box_around(here, margin_px=(math.ceil(near_px),) * 2)
        near[number][box] = ndimage.distance_transform_edt(~here[box]) <= near_px
    values = np.arange(256)
    voxels = np.bincount(probability[near], minlength=256)
    lesion = np.bincount(probability[near & truth], minlength=256)
    bin_of = np.maximum((values * bins + 254) // 255 - 1, 0)  # integers: no rounding at a bin's end

    def binned(counts: np.ndarray) -> np.ndarray:
        return np.bincount(bin_of, weights=counts, minlength=bins)

    return Reliability(binned(voxels).astype(int), binned(voxels * values) / 255, binned(lesion).astype(int))


def calibration_error(counts: Reliability) -> float:
    """Expected calibration error, in [0, 1]: the difference between probability and share of lesion.

    The mean over bins of |share of lesion - mean probability|, weighted by their voxels: Guo et
    al., "On calibration of modern neural networks", 2017, arXiv 1706.04599, for the probability of
    lesion instead of that of the likelier class. nan without voxels.
    """
    total = counts.voxels.sum()
    return float(np.abs(counts.lesion - counts.probability).sum() / total) if total else math.nan
