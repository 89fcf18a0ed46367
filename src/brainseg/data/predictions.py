"""Predicted probabilities of a patient, and their file."""

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from brainseg.core.files import write_npz


@dataclass(frozen=True)
class Prediction:
    """Probability of lesion in steps of 1/255, uint8.

    on_file_grid: (S, H, W); 0 outside the box that the network sees
    on_network_grid: (S, n, n), as the network gave it, for the report's protocol
    """

    on_file_grid: np.ndarray
    on_network_grid: np.ndarray


def to_uint8(probability: np.ndarray) -> np.ndarray:
    """Round to steps of 1/255, halves down: above 0.5 stays above 0.5, and 0.5 does not."""
    return np.ceil(probability * 255 - 0.5).clip(0, 255).astype(np.uint8)


def above(probability: np.ndarray, threshold: float) -> np.ndarray:
    """Strictly above the threshold, bool; probability is uint8 in steps of 1/255."""
    return probability > threshold * 255


def write_prediction(path: Path, prediction: Prediction) -> None:
    # compressed: probabilities are 0 nearly everywhere
    write_npz(path, asdict(prediction), compress=True)


def read_prediction(path: Path) -> Prediction:
    with np.load(path) as arrays:
        return Prediction(**arrays)
