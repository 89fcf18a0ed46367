"""Dependence of a score, and of the mask itself, on the threshold.

Probabilities are (S, H, W) uint8 in steps of 1/255, so a histogram of 256 values is exact.
"""

from collections.abc import Callable, Sequence

import numpy as np

from brainseg.data.predictions import above_threshold
from brainseg.metrics.overlap import dsc

AGREEMENT_THRESHOLDS = (0.1, 0.3, 0.7, 0.9)


def dsc_by_threshold(probability: np.ndarray, truth: np.ndarray, thresholds: Sequence[float]) -> np.ndarray:
    """DSC of the voxels strictly above each threshold, with all components; (thresholds,) float64.

    truth is bool of the same shape. Equal to `overlap.dsc` of each thresholded mask, in the time
    of one: 1 where nothing is above and the truth is empty, 0 where only one of them is empty.
    """
    if probability.shape != truth.shape:
        raise ValueError(f"probability is {probability.shape}, truth {truth.shape}; expected one shape")
    values = np.arange(256)
    above = np.array([above_threshold(values, threshold) for threshold in thresholds])  # (thresholds, 256)
    predicted = above @ np.bincount(probability.ravel(), minlength=256)
    shared = above @ np.bincount(probability[truth], minlength=256)
    both = predicted + np.count_nonzero(truth)
    return np.where(both, 2 * shared / np.maximum(both, 1), 1.0)


def near_threshold_share(probability: np.ndarray, threshold: float, margin: float = 0.1) -> float:
    """Of the voxels above threshold - margin, the share not above threshold + margin; 0 if none is.

    A slightly different threshold would change these voxels. A large share shows an
    uncertain outline, without the truth. Voxels of probability 0 never count.
    """
    counted = np.count_nonzero(above_threshold(probability, max(threshold - margin, 0)))
    certain = np.count_nonzero(above_threshold(probability, threshold + margin))
    return (counted - certain) / counted if counted else 0.0


def threshold_agreement(
    probability: np.ndarray, mask: np.ndarray, postprocess: Callable[[np.ndarray], np.ndarray]
) -> float:
    """Stability of the mask under the threshold: its mean DSC with the masks at AGREEMENT_THRESHOLDS, in 0 ... 1.

    probability (S, H, W) uint8 in steps of 1/255, mask (S, H, W) bool the final one; `postprocess` is its
    post-processing, for a thresholded mask. The agreement is low where another threshold would select another
    lesion. 1 where nothing is above any threshold, so a lesion that is missed with certainty is not detected.

    Of a dozen such numbers tried on 60 predictions of networks with four losses (the expected DSC of the
    probabilities, their mean inside, the agreement of two thresholds ...) this and similar ones had
    the closest relation to the DSC; expected DSC fails where a network is badly calibrated.
    """
    return float(
        np.mean([dsc(postprocess(above_threshold(probability, threshold)), mask) for threshold in AGREEMENT_THRESHOLDS])
    )
