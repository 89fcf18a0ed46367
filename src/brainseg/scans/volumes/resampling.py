"""Sizes that no scan has; and linear resampling: of slices, and of one sequence onto the grid of another."""

import numpy as np

from brainseg.core.errors import UserError
from brainseg.data.geometry import MOST_ASPECT
from brainseg.scans.packages import import_for
from brainseg.scans.volumes.orientation import Grid

MAX_SIDE_PX = 8192
MAX_VOXELS = 2**31
SAME_GRID_VOXELS = 0.01  # corners that lie nearer than this part of a voxel are the same place


def check_size(where: object, shape: tuple[int, ...]) -> None:
    """Refuse sizes that no scan has, before memory is taken. shape: all sides, and the components."""
    if min(shape) < 1:
        raise UserError(f"{where}: says it is {_times(shape)}; it holds no voxels")
    if max(shape) > MAX_SIDE_PX or np.prod([int(side) for side in shape], dtype=float) > MAX_VOXELS:
        limit = f"at most {MAX_SIDE_PX} a side and {MAX_VOXELS} in all"
        raise UserError(f"{where}: says it is {_times(shape)} voxels; {limit}")


def check_pixels(where: object, spacing_mm: tuple[float, float, float] | None) -> None:
    """Refuse pixels that are a hundred times as long as wide. spacing_mm: between slices, rows and columns."""
    if spacing_mm and max(spacing_mm[1:]) > MOST_ASPECT * min(spacing_mm[1:]):
        pixels = f"pixels of {spacing_mm[1]:g} × {spacing_mm[2]:g} mm"
        raise UserError(f"{where}: has {pixels}; one side may be {MOST_ASPECT:g} times the other at most")


def resize_plane(volume: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Resize (S, H, W) or (S, H, W, C) of whole numbers to (S, *shape) linearly; the same array where shapes agree.

    Both grids cover the same field of view: pixels are areas, not points.
    """
    if volume.shape[1:3] == shape:
        return volume
    resized = np.empty((volume.shape[0], *shape, *volume.shape[3:]), volume.dtype)
    for slice_before, slice_after in zip(volume, resized, strict=True):  # a slice at a time: floats take memory
        rows = _interpolate(slice_before.astype(np.float32), shape[0], axis=0)
        slice_after[...] = np.rint(_interpolate(rows, shape[1], axis=1))
    return resized


def _interpolate(plane: np.ndarray, length: int, axis: int) -> np.ndarray:
    before = plane.shape[axis]
    if before == length:
        return plane
    place = ((np.arange(length) + 0.5) * before / length - 0.5).clip(0, before - 1)
    low = np.floor(place).astype(int)
    high = np.minimum(low + 1, before - 1)
    weight = np.expand_dims((place - low).astype(np.float32), tuple(n for n in range(plane.ndim) if n != axis))
    return plane.take(low, axis) * (1 - weight) + plane.take(high, axis) * weight


def same_grid(one: Grid, other: Grid) -> bool:
    """Whether two grids have the same voxels at the same places."""
    if one.shape != other.shape:
        return False
    apart_mm = np.abs(one.corners_mm() - other.corners_mm()).max()
    return bool(apart_mm <= SAME_GRID_VOXELS * min(one.spacing_mm))


def onto_grid(
    where: object, volume: np.ndarray, source: Grid, target: Grid, name: str = "FLAIR"
) -> tuple[np.ndarray, float]:
    """Bring an axial volume (S, H, W) from one axial grid to another, linearly; and the share of it that is covered.

    Beyond the volume's edge the result is its lowest value. float32; whole numbers stay whole. name: of the sequence
    on the target grid.
    """
    sitk = import_for("resampling sequences of one scan", "SimpleITK", "SimpleITK")
    finite = np.isfinite(volume)
    lowest = volume[finite].min() if finite.any() else 0
    moving = sitk.GetImageFromArray(np.where(finite, volume, lowest).astype(np.float32))
    _place(moving, source)
    resample = sitk.ResampleImageFilter()
    resample.SetSize(target.shape)
    resample.SetOutputSpacing(target.spacing_mm)
    resample.SetOutputOrigin(target.origin_mm)
    resample.SetOutputDirection(target.direction.ravel().tolist())
    resample.SetInterpolator(sitk.sitkLinear)
    resample.SetDefaultPixelValue(float("nan"))
    resampled = sitk.GetArrayFromImage(resample.Execute(moving))
    outside = np.isnan(resampled)
    covered = 1 - float(outside.mean())
    if covered == 0:
        raise UserError(f"{where}: does not overlap with {name}; expected sequences of one patient in one position")
    resampled[outside] = lowest
    if volume.dtype.kind in "iu":
        np.rint(resampled, out=resampled)
    return resampled, covered


def _place(image: object, grid: Grid) -> None:
    image.SetSpacing(grid.spacing_mm)
    image.SetOrigin(grid.origin_mm)
    image.SetDirection(grid.direction.ravel().tolist())


def _times(shape: tuple[int, ...]) -> str:
    return " × ".join(str(side) for side in shape)
