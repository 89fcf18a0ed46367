"""Scans that are an axial array: in NumPy's own format, or at hand."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from brainseg.core.channels import LGG_CHANNELS, in_words, main_channel
from brainseg.core.errors import UserError
from brainseg.scans.scan import Scan
from brainseg.scans.volumes.intensity import to_image
from brainseg.scans.volumes.orientation import axial_grid
from brainseg.scans.volumes.resampling import check_pixels, check_size


def scan_of_array(
    where: object,
    name: str,
    array: np.ndarray,
    spacing_mm: Sequence[float] | None = None,
    channels: Sequence[str] = LGG_CHANNELS,
    *,
    format: str = "npy",
    slices: tuple[str, ...] = (),
    warnings: tuple[str, ...] = (),
) -> Scan:
    """The scan in an axial array (S, H, W, C) of these channels, or (S, H, W), which is the main channel alone.

    uint8 and uint16 are taken unchanged, other whole numbers and floats are scaled (see intensity.to_image).
    spacing_mm: between slices, rows and columns. where: what the lines of errors begin with.
    """
    if array.dtype.kind not in "iuf":
        raise UserError(f"{where}: holds {array.dtype}; expected whole numbers or floats")
    main, count = channels[main_channel(channels)], len(channels)
    if array.ndim not in (3, 4) or (array.ndim == 4 and array.shape[3] != count):
        alone = f"(S, H, W) for {in_words(main)} alone"
        raise UserError(f"{where}: is {array.shape}; expected (S, H, W, {count}), or {alone}")
    check_size(where, array.shape)
    spacing = _spacing(where, spacing_mm)
    if array.ndim == 4:
        sequences = {sequence: array[..., number] for number, sequence in enumerate(channels)}
    else:
        sequences = {main: array}
    image, found = to_image(where, sequences, channels, as_is=True)
    grid = axial_grid(array.shape[:3], spacing)
    return Scan(name, image, spacing, (*warnings, *found), format, grid, slices, channels=tuple(channels))


def read_npy(path: Path) -> np.ndarray:
    """The array in a .npy file; a UserError for a damaged file, for objects and for sizes no scan has."""
    try:
        mapped = np.load(path, mmap_mode="r", allow_pickle=False)  # the header alone, until its size is known
    except Exception as error:  # a damaged file can raise nearly anything
        reason = " ".join(str(getattr(error, "strerror", None) or error).split())
        raise UserError(f"{path}: cannot be read as .npy ({reason[:200]})") from None
    if not isinstance(mapped, np.ndarray):
        raise UserError(f"{path}: holds an archive of arrays; expected one array")
    check_size(path, mapped.shape or (0,))
    return np.array(mapped)


def _spacing(where: object, spacing_mm: Sequence[float] | None) -> tuple[float, float, float] | None:
    if spacing_mm is None:
        return None
    spacing = tuple(float(value) for value in spacing_mm)
    if len(spacing) != 3 or not all(np.isfinite(value) and value > 0 for value in spacing):
        raise UserError(f"{where}: spacing_mm is {spacing_mm}; expected three numbers above 0: slice, row, column")
    check_pixels(where, spacing)
    return spacing
