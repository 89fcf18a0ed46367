"""What becomes of a score if another probability were the threshold.

Probabilities are (S, H, W) uint8 in steps of 1/255, so that a histogram of 256 values says all.
"""

from collections.abc import Sequence

import numpy as np

from brainseg.prediction import above


def dsc_by_threshold(probability: np.ndarray, truth: np.ndarray, thresholds: Sequence[float]) -> np.ndarray:
    """DSC above each threshold, strictly, every component kept; (thresholds,) float64.

    truth is bool of the same shape. Equal to `scores.dsc` of each thresholded mask, for the price
    of one: where nothing is above and the truth is empty it is 1, where only one of them is empty 0.
    """
    if probability.shape != truth.shape:
        raise ValueError(f"probability is {probability.shape}, truth {truth.shape}; expected one shape")
    values = np.arange(256)
    kept = np.array([above(values, threshold) for threshold in thresholds])  # (thresholds, 256)
    predicted = kept @ np.bincount(probability.ravel(), minlength=256)
    shared = kept @ np.bincount(probability[truth], minlength=256)
    both = predicted + np.count_nonzero(truth)
    return np.where(both, 2 * shared / np.maximum(both, 1), 1.0)


def near_threshold_share(probability: np.ndarray, threshold: float, margin: float = 0.1) -> float:
    """Of the voxels above threshold - margin, the share not above threshold + margin; 0 if none is.

    Those are the ones that a slightly other threshold would turn over: a sign of an
    uncertain outline that needs no truth. Voxels of probability 0 never count.
    """
    counted = np.count_nonzero(above(probability, max(threshold - margin, 0)))
    certain = np.count_nonzero(above(probability, threshold + margin))
    return (counted - certain) / counted if counted else 0.0
