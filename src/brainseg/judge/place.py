"""Brings what was given onto the grid of the patient's files."""

from pathlib import Path

import numpy as np

from brainseg.core.errors import UserError
from brainseg.data.geometry import Geometry
from brainseg.data.predictions import Prediction, to_uint8
from brainseg.judge.read import Given
from brainseg.scans.volumes.resampling import resize_plane

GRIDS = ("file", "resized", "network")


def on_file_grid(path: Path, given: Given, slices: int, geometry: Geometry, grid: str) -> Prediction:
    """The prediction (slices, H, W). Raises UserError for another size than `grid` says.

    file: of the patient's own size
    resized: of another height and width that cover the same field of view; resized linearly
    network: the square that preprocessing cuts out, at any side; brought back as the stage predict does
    """
    shape = given.probability.shape
    of_patient = (slices, geometry.height, geometry.width)
    if shape[0] != slices or (grid == "file" and shape != of_patient) or (grid == "network" and shape[1] != shape[2]):
        expected = {
            "file": f"{_times(of_patient)}, as the patient's files; for another height and width see --grid",
            "resized": f"{slices} slices, as the patient's files have",
            "network": f"{slices} slices of squares",
        }
        raise UserError(f"{path}: is {_times(shape)}; expected {expected[grid]}")
    if grid == "file":
        return Prediction(given.probability, given.on_network_grid)
    if grid == "network":
        back = to_uint8(geometry.to_file(given.probability / np.float32(255)))
        return Prediction(_as_given(back, given), given.probability)
    resized = resize_plane(given.probability, of_patient[1:])
    return Prediction(_as_given(resized, given), None)


def _as_given(probability: np.ndarray, given: Given) -> np.ndarray:
    """A mask stays a mask: what is over half lesion is lesion."""
    return np.where(probability > 127, np.uint8(255), np.uint8(0)) if given.is_mask else probability


def _times(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape))
