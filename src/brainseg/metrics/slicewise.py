"""DSC slice by slice, to compare with other publications; not one of the main measures here."""

import numpy as np


def dsc_slicewise(prediction: np.ndarray, truth: np.ndarray) -> float:
    """Mean over all slices of their Dice similarity coefficient; (S, H, W) bool masks of one shape.

    A slice that is empty in both masks scores 1, one that is empty in one of them 0. The score is
    optimistic: most slices of a patient have no lesion, so a network that predicts nothing scores their share, and
    two empty volumes score 1. On the other hand a slice with three lesion pixels weighs as much as one
    with three thousand. `scores.dsc` takes the volume as a whole.
    """
    if prediction.shape != truth.shape:
        raise ValueError(f"prediction is {prediction.shape}, truth {truth.shape}; expected one shape")
    shared = np.count_nonzero(prediction & truth, axis=(1, 2))
    both = np.count_nonzero(prediction, axis=(1, 2)) + np.count_nonzero(truth, axis=(1, 2))
    return float(np.where(both, 2 * shared / np.maximum(both, 1), 1.0).mean())
