"""Overlap of a prediction and the truth, for a whole volume at once.

Hard masks (bool) and soft ones (probabilities) go through the same formulas. The policy for
empty masks is that of Metrics Reloaded (Nature Methods 2024): dsc and iou are 1 where both
masks are empty, and 0 where only one of them is; a share of an empty mask is nan.
"""

import math

import numpy as np


def dsc(prediction: np.ndarray, truth: np.ndarray) -> float:
    """Dice similarity coefficient 2|P and T| / (|P| + |T|) of two masks of one shape."""
    intersection, predicted, true = _volumes(prediction, truth)
    return 2 * intersection / (predicted + true) if predicted + true else 1.0


def iou(prediction: np.ndarray, truth: np.ndarray) -> float:
    """Intersection over union |P and T| / |P or T|, the Jaccard index, of two masks of one shape."""
    intersection, predicted, true = _volumes(prediction, truth)
    union = predicted + true - intersection
    return intersection / union if union else 1.0


def sensitivity(prediction: np.ndarray, truth: np.ndarray) -> float:
    """Share of the truth that is predicted, |P and T| / |T|, of two masks of one shape; nan without truth."""
    intersection, _, true = _volumes(prediction, truth)
    return intersection / true if true else math.nan


def precision(prediction: np.ndarray, truth: np.ndarray) -> float:
    """Share of the prediction that is true, |P and T| / |P|, of two masks of one shape; nan without prediction."""
    intersection, predicted, _ = _volumes(prediction, truth)
    return intersection / predicted if predicted else math.nan


def _volumes(prediction: np.ndarray, truth: np.ndarray) -> tuple[float, float, float]:
    if prediction.shape != truth.shape:
        raise ValueError(f"prediction is {prediction.shape}, truth {truth.shape}; expected one shape")
    if prediction.dtype == truth.dtype == bool:  # the same result, much faster
        return tuple(float(np.count_nonzero(mask)) for mask in (prediction & truth, prediction, truth))
    intersection = np.where(truth, prediction, 0).sum(dtype=np.float64)
    return float(intersection), float(prediction.sum(dtype=np.float64)), float(truth.sum(dtype=np.float64))
