"""data/raw/PATIENT/volume.npz: a patient whose files state the spacing and the channels; others are TIFF slices."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from brainseg.core.channels import check_names
from brainseg.core.errors import UserError
from brainseg.core.files import REMEDY, read_npz, write_npz
from brainseg.data.raw.duplicates import slice_digest

FILE = "volume.npz"
MASK = {"mask": (np.bool_, 3)}
HEADER = {"spacing_mm": (np.float64, 1), "channels": (np.str_, 1)}
IMAGE = {"image": ((np.uint8, np.uint16), 4)}


@dataclass(frozen=True)
class Volume:
    """Axial slices from inferior to superior, anterior on top, the patient's right on the left.

    image: (S, H, W, C) uint8 or uint16
    mask: (S, H, W) bool
    spacing_mm: between slices, rows and columns
    channels: the names of the C
    """

    image: np.ndarray
    mask: np.ndarray
    spacing_mm: tuple[float, float, float]
    channels: tuple[str, ...]


def is_volume(folder: Path) -> bool:
    return (folder / FILE).is_file()


def write(folder: Path, volume: Volume) -> None:
    """Write volume.npz into the patient's folder; the same volume gives the same bytes."""
    arrays = {"image": volume.image, "mask": volume.mask}
    arrays |= {"spacing_mm": np.array(volume.spacing_mm, np.float64), "channels": np.array(volume.channels)}
    write_npz(folder / FILE, arrays, compress=True)


def read(folder: Path) -> Volume:
    """Raises UserError for a damaged file."""
    path = folder / FILE
    arrays = read_npz(path, IMAGE | MASK | HEADER)
    shape = arrays["image"].shape
    if arrays["mask"].shape != shape[:3]:
        raise UserError(f"{path}: image is {shape}, mask {arrays['mask'].shape}; expected the same slices; {REMEDY}")
    spacing_mm, channels = _header(path, arrays)
    if len(channels) != shape[3]:
        raise UserError(f"{path}: image is {shape}; expected {len(channels)} channels: {', '.join(channels)}; {REMEDY}")
    return Volume(arrays["image"], arrays["mask"], spacing_mm, channels)


def read_mask(folder: Path) -> np.ndarray:
    """(S, H, W) bool; a fraction of the file."""
    return read_npz(folder / FILE, MASK)["mask"]


def read_header(folder: Path) -> tuple[tuple[float, float, float], tuple[str, ...]]:
    """spacing_mm and channels, which are a few bytes of the file."""
    path = folder / FILE
    return _header(path, read_npz(path, HEADER))


def faults_of_volume(folder: Path, digests: list[bytes]) -> list[str]:
    """A line for each fault of a patient's volume; the digests of its slices are added to `digests`.

    A patient has two slices or more. One without lesion is allowed.
    """
    found = read(folder)
    digests += filter(None, map(slice_digest, found.image))
    return [f"{folder}: has one slice; expected a volume of at least 2"] if len(found.image) < 2 else []


def _header(path: Path, arrays: dict[str, np.ndarray]) -> tuple[tuple[float, float, float], tuple[str, ...]]:
    spacing, channels = arrays["spacing_mm"].tolist(), tuple(arrays["channels"].tolist())
    if len(spacing) != 3 or not all(0 < step < np.inf for step in spacing):
        raise UserError(f"{path}: spacing_mm is {spacing}; expected three numbers above 0; {REMEDY}")
    try:
        check_names(channels)
    except ValueError as error:
        raise UserError(f"{path}: {error}; {REMEDY}") from None
    return (spacing[0], spacing[1], spacing[2]), channels
