"""A patient's mask, or probabilities, from whatever file or folder it is in."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from brainseg.core.errors import UserError
from brainseg.data.predictions import to_uint8
from brainseg.scans.arrays import read_npy
from brainseg.scans.slices import MASK, PICTURES, TIFFS, natural_order, read_slices
from brainseg.scans.tiff_stack import read_stack
from brainseg.scans.volumes.medical import kind_of, read_volume
from brainseg.scans.volumes.resampling import check_size

LABELS_SHOWN = 6


@dataclass(frozen=True)
class Given:
    """What the file holds, as axial slices of probabilities in steps of 1/255.

    probability: (S, h, w) uint8; of a mask 0 and 255
    is_mask: whether it is a mask; one that is empty, or full, may be either
    on_network_grid: (S, n, n) uint8 where the file is one of data/predictions; else None
    """

    probability: np.ndarray
    is_mask: bool
    on_network_grid: np.ndarray | None = None


def read_given(path: Path) -> Given:
    """Raises UserError, one line that names the file, for what is neither a mask nor probabilities."""
    try:
        if path.is_dir():
            return _given(path, _slices(path), in_255=True)
        if path.name.lower().endswith(".npz"):
            return _archive(path)
        if path.name.lower().endswith(".npy"):
            return _given(path, read_npy(path))
        if kind_of(path):
            volume, grid = read_volume(path)
            return _given(path, grid.to_axial(volume))
        return _given(path, read_stack(path), in_255=True)
    except MemoryError:
        raise UserError(f"{path}: does not fit into memory") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror or error})") from None


def _slices(folder: Path) -> np.ndarray:
    """(S, H, W) of a folder of PNG or TIFF files, one a slice; of files with images beside masks the masks."""
    found = [path for path in folder.iterdir() if path.suffix.lower() in (*PICTURES, *TIFFS) and path.name[0] != "."]
    masks = [path for path in found if MASK.fullmatch(path.stem)]
    if not found:
        raise UserError(f"{folder}: holds no slices; expected PNG or TIFF files, one a slice")
    array, warnings = read_slices(sorted(masks or found, key=natural_order))
    if missing := [warning for warning in warnings if "missing" in warning]:
        raise UserError(f"{folder}: {missing[0]}")
    return array


def _archive(path: Path) -> Given:
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except OSError as error:
        if error.errno:
            raise
        raise UserError(f"{path}: cannot be read as .npz ({type(error).__name__})") from None
    except Exception as error:  # a damaged archive can raise nearly anything
        raise UserError(f"{path}: cannot be read as .npz ({type(error).__name__})") from None
    if {"on_file_grid", "on_network_grid"} <= arrays.keys():
        both = [arrays[name] for name in ("on_file_grid", "on_network_grid")]
        if any(array.dtype != np.uint8 or array.ndim != 3 for array in both) or len(both[0]) != len(both[1]):
            raise UserError(f"{path}: on_file_grid and on_network_grid are no predictions of brainseg")
        return Given(both[0], False, both[1])
    if len(arrays) != 1:
        raise UserError(f"{path}: holds {', '.join(arrays) or 'nothing'}; expected one array")
    array = next(iter(arrays.values()))
    if array.ndim == 4 and len(array) == 2:  # nnU-Net's probabilities: background, lesion
        array = array[1]
    return _given(path, array)


def _given(path: Path, array: np.ndarray, in_255: bool = False) -> Given:
    """in_255: whole numbers that are no mask are probabilities in steps of 1/255."""
    if array.ndim == 4 and array.shape[3] == 3 and (array == array[..., :1]).all():  # grey, saved as colour
        array = array[..., 0]
    if array.ndim != 3:
        raise UserError(f"{path}: is {array.shape}; expected three dimensions")
    check_size(path, array.shape)
    if array.dtype.kind == "f":
        if not np.isfinite(array).all() or array.min() < 0 or array.max() > 1:
            raise UserError(f"{path}: holds {array.min():g} to {array.max():g}; expected probabilities from 0 to 1")
        return Given(to_uint8(array), bool(np.isin(array, (0, 1)).all()))
    if array.dtype.kind not in "biu":
        raise UserError(f"{path}: holds {array.dtype}; expected whole numbers or floats")
    values = np.unique(array)
    for full in (1, 255):
        if np.isin(values, (0, full)).all():
            return Given(np.where(array, np.uint8(255), np.uint8(0)), True)
    if in_255 and array.dtype == np.uint8:
        return Given(np.ascontiguousarray(array), False)
    found = ", ".join(map(str, values[:LABELS_SHOWN])) + (" ..." if len(values) > LABELS_SHOWN else "")
    raise UserError(f"{path}: holds {found}; expected a mask of 0 and 1, or of 0 and 255; or probabilities as floats")
