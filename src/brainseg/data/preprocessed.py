"""data/preprocessed/PATIENT.npz: one preprocessed patient, the network's input."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from brainseg.core.channels import LGG_CHANNELS, check_names
from brainseg.core.errors import UserError
from brainseg.core.files import REMEDY, read_npz, write_npz
from brainseg.data.geometry import MOST_ASPECT, SLICE_STEP, Geometry

FOLDER = Path("data/preprocessed")
FULL_SCALE = 65535  # images are stored as 16-bit: half a step is under 1e-4 of a z-score


@dataclass(frozen=True)
class Preprocessed:
    """One patient; all slices of the file, S of them.

    image: (S, n, n, C) uint16, the rescaled intensity in 0 ... FULL_SCALE
    mask: (S, n, n) bool
    mean, std: (C,) float64, of the rescaled intensity in 0 ... 1 over the retained slices
    retained: (S,) bool, one run of slices, those that the report's protocol trains on and scores
    channels: the names of the C
    """

    image: np.ndarray
    mask: np.ndarray
    mean: np.ndarray
    std: np.ndarray
    retained: np.ndarray
    geometry: Geometry
    channels: tuple[str, ...] = LGG_CHANNELS

    def z_score(self) -> np.ndarray:
        """(S, n, n, C) float32."""
        return z_score(*(array.astype(np.float32) for array in (self.image, self.mean, self.std)))


def z_score(image: Any, mean: Any, std: Any) -> Any:
    """Stored intensities as z-scores, the network's input in training and in prediction.

    image (..., C) in 0 ... FULL_SCALE, mean and std broadcast against it; all float32, tensors or NumPy arrays.
    """
    return (image / FULL_SCALE - mean) / std


GEOMETRY = {"retained": (np.bool_, 1), "box": (np.int64, 1)}
SPACING = {"aspect": (np.float64, 0), "slice_step": (np.float64, 0)}  # where they are not Geometry's defaults
CHANNELS = {"channels": (np.str_, 1)}  # where they are not those of the LGG set
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
    if g.aspect != 1:
        arrays["aspect"] = np.array(g.aspect)
    if g.slice_step != SLICE_STEP:
        arrays["slice_step"] = np.array(g.slice_step)
    if patient.channels != LGG_CHANNELS:
        arrays["channels"] = np.array(patient.channels)
    # not compressed: images barely shrink, and unpacking would cost more than reading
    write_npz(folder / f"{name}.npz", {"image": patient.image, "mask": patient.mask, **arrays})


def read(name: str, folder: Path = FOLDER) -> Preprocessed:
    """A patient. Raises UserError for a damaged file."""
    path = folder / f"{name}.npz"
    arrays = read_npz(path, ARRAYS, SPACING | CHANNELS)
    geometry, shape = _geometry(path, arrays), arrays["image"].shape
    channels = tuple(arrays.pop("channels", np.array(LGG_CHANNELS)).tolist())
    try:
        check_names(channels)
    except ValueError as error:
        raise UserError(f"{path}: channels: {error}; {REMEDY}") from None
    count = len(channels)
    if shape[1] != shape[2] or shape[3] != count or not arrays["mean"].shape == arrays["std"].shape == (count,):
        expected = f"squares of {count} channels, each with mean and std"
        raise UserError(f"{path}: image is {shape}; expected {expected}; {REMEDY}")
    if arrays["mask"].shape != shape[:3] or len(arrays["retained"]) != shape[0]:
        raise UserError(f"{path}: image is {shape}, mask {arrays['mask'].shape}; expected the same slices; {REMEDY}")
    return Preprocessed(**arrays, geometry=geometry, channels=channels)


def read_geometry(name: str, folder: Path = FOLDER) -> tuple[np.ndarray, Geometry]:
    """Only retained, (S,) bool, and the geometry, which are a thousandth of the file."""
    path = folder / f"{name}.npz"
    arrays = read_npz(path, GEOMETRY, SPACING)
    geometry = _geometry(path, arrays)
    return arrays["retained"], geometry


def _geometry(path: Path, arrays: dict[str, np.ndarray]) -> Geometry:
    """Of box, aspect and slice_step, which are taken out of the arrays."""
    box, aspect = arrays.pop("box"), float(arrays.pop("aspect", 1.0))
    slice_step = float(arrays.pop("slice_step", SLICE_STEP))
    if len(box) != 6 or not (0 <= box[2] < box[3] <= box[0] and 0 <= box[4] < box[5] <= box[1]):
        raise UserError(f"{path}: box is {box.tolist()}; expected height, width and bounds inside them; {REMEDY}")
    if not 1 / MOST_ASPECT <= aspect <= MOST_ASPECT:
        raise UserError(f"{path}: aspect is {aspect:g}; expected {1 / MOST_ASPECT:g} to {MOST_ASPECT:g}; {REMEDY}")
    if not 0 < slice_step < np.inf:
        raise UserError(f"{path}: slice_step is {slice_step:g}; expected a number above 0; {REMEDY}")
    return Geometry(*box.tolist(), aspect, slice_step)
