"""data/preprocessed/PATIENT.npz: one preprocessed patient, the network's input."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from brainseg.core.errors import UserError
from brainseg.core.files import REMEDY, read_npz, write_npz
from brainseg.data.geometry import Geometry

FOLDER = Path("data/preprocessed")
FULL_SCALE = 65535  # images are stored as 16-bit: half a step is under 1e-4 of a z-score


@dataclass(frozen=True)
class Preprocessed:
    """One patient; all slices of the file, S of them.

    image: (S, n, n, 3) uint16, the rescaled intensity in 0 ... FULL_SCALE
    mask: (S, n, n) bool
    mean, std: (3,) float64, of the rescaled intensity in 0 ... 1 over the retained slices
    retained: (S,) bool, one run of slices, those that the report's protocol trains on and scores
    """

    image: np.ndarray
    mask: np.ndarray
    mean: np.ndarray
    std: np.ndarray
    retained: np.ndarray
    geometry: Geometry

    def z_score(self) -> np.ndarray:
        """(S, n, n, 3) float32."""
        return z_score(*(array.astype(np.float32) for array in (self.image, self.mean, self.std)))


def z_score(image: Any, mean: Any, std: Any) -> Any:
    """Stored intensities as z-scores, the network's input in training and in prediction.

    image (..., 3) in 0 ... FULL_SCALE, mean and std broadcast against it; all float32, tensors or NumPy arrays.
    """
    return (image / FULL_SCALE - mean) / std


GEOMETRY = {"retained": (np.bool_, 1), "box": (np.int64, 1)}
ARRAYS = GEOMETRY | {
    "image": (np.uint16, 4),
    "mask": (np.bool_, 3),
    "mean": (np.float64, 1),
    "std": (np.float64, 1),
}


def names(folder: Path = FOLDER) -> list[str]:
    """The patients that were preprocessed, sorted."""
    return sorted(path.stem for path in folder.glob("*.npz"))


def write(name: str, patient: Preprocessed, folder: Path = FOLDER) -> None:
    g = patient.geometry
    box = np.array([g.height, g.width, g.top, g.bottom, g.left, g.right])
    arrays = {"mean": patient.mean, "std": patient.std, "retained": patient.retained, "box": box}
    # not compressed: images barely shrink, and unpacking would cost more than reading
    write_npz(folder / f"{name}.npz", {"image": patient.image, "mask": patient.mask, **arrays})


def read(name: str, folder: Path = FOLDER) -> Preprocessed:
    """A patient. Raises UserError for a damaged file."""
    path = folder / f"{name}.npz"
    arrays = read_npz(path, ARRAYS)
    box, shape = arrays.pop("box"), arrays["image"].shape
    if shape[1] != shape[2] or shape[3] != 3 or not arrays["mean"].shape == arrays["std"].shape == (3,):
        raise UserError(
            f"{path}: image is {shape}; expected squares of three channels, each with mean and std; {REMEDY}"
        )
    if arrays["mask"].shape != shape[:3] or len(arrays["retained"]) != shape[0]:
        raise UserError(f"{path}: image is {shape}, mask {arrays['mask'].shape}; expected the same slices; {REMEDY}")
    return Preprocessed(**arrays, geometry=_geometry(path, box))


def read_geometry(name: str, folder: Path = FOLDER) -> tuple[np.ndarray, Geometry]:
    """Only retained, (S,) bool, and the geometry, which are a thousandth of the file."""
    path = folder / f"{name}.npz"
    arrays = read_npz(path, GEOMETRY)
    return arrays["retained"], _geometry(path, arrays["box"])


def _geometry(path: Path, box: np.ndarray) -> Geometry:
    if len(box) != 6 or not (0 <= box[2] < box[3] <= box[0] and 0 <= box[4] < box[5] <= box[1]):
        raise UserError(f"{path}: box is {box.tolist()}; expected height, width and bounds inside them; {REMEDY}")
    return Geometry(*box.tolist())
