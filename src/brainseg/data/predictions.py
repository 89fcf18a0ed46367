"""data/predictions/PATIENT.npz: predicted probabilities of a patient."""

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from brainseg.core.errors import UserError
from brainseg.core.files import REMEDY, read_npz, write_npz

FOLDER = Path("data/predictions")


@dataclass(frozen=True)
class Prediction:
    """Probability of lesion in steps of 1/255, uint8.

    on_file_grid: (S, H, W); 0 outside the box that is the network's input
    on_network_grid: (S, n, n), the network's output, for the report's protocol; None where it is not known
    head_depth: (S, H, W) uint8, as head.py measures it; None where others predicted, and in files of older versions
    """

    on_file_grid: np.ndarray
    on_network_grid: np.ndarray | None
    head_depth: np.ndarray | None = None


def to_uint8(probability: np.ndarray) -> np.ndarray:
    """Round to steps of 1/255, halves down: values above 0.5 stay above 0.5, and 0.5 itself is rounded to below 0.5."""
    return np.ceil(probability * 255 - 0.5).clip(0, 255).astype(np.uint8)


def above_threshold(probability: np.ndarray, threshold: float) -> np.ndarray:
    """Strictly above the threshold, bool; probability is uint8 in steps of 1/255."""
    return probability > threshold * 255


def write(name: str, prediction: Prediction, folder: Path = FOLDER) -> None:
    arrays = {key: array for key, array in asdict(prediction).items() if array is not None}
    # compressed: probabilities are 0 nearly everywhere
    write_npz(folder / f"{name}.npz", arrays, compress=True)


def read(name: str, folder: Path = FOLDER) -> Prediction:
    """The prediction of a patient. Raises UserError for a damaged file."""
    path = folder / f"{name}.npz"
    grids = {"on_file_grid": (np.uint8, 3), "on_network_grid": (np.uint8, 3)}
    prediction = Prediction(**read_npz(path, grids, {"head_depth": (np.uint8, 3)}))
    slices = len(prediction.on_file_grid), len(prediction.on_network_grid)
    if slices[0] != slices[1]:
        raise UserError(f"{path}: {slices[0]} and {slices[1]} slices; expected as many on both grids; {REMEDY}")
    if prediction.head_depth is not None and prediction.head_depth.shape != prediction.on_file_grid.shape:
        shapes = f"{prediction.head_depth.shape}, on_file_grid {prediction.on_file_grid.shape}"
        raise UserError(f"{path}: head_depth is {shapes}; expected one shape; {REMEDY}")
    return prediction
