"""From a file's grid to the network's square grid and back: crop, pad, resize."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import ndimage

MM3_PER_ML = 1000
SQUARE_TO = 1.02  # a ratio of a pixel's sides up to which it counts as square
BLOCK = 32  # rows of a matrix that are multiplied at once
NEGLIGIBLE = 1e-18  # a weight that does not change a sum in float64
MOST_ASPECT = 100.0
SLICE_STEP = 4.0  # where the spacing is not known: the LGG set has slices of 5 mm or thicker, of pixels of about 1 mm


def aspect_of(spacing_mm: tuple[float, float, float] | None) -> float:
    """Height of a pixel over its width, of the spacing between slices, rows and columns; 1 where none is known."""
    if spacing_mm is None:
        return 1.0
    _, row_mm, column_mm = spacing_mm
    return 1.0 if max(row_mm, column_mm) <= SQUARE_TO * min(row_mm, column_mm) else row_mm / column_mm


def slice_step_of(spacing_mm: tuple[float, float, float] | None) -> float:
    """Distance between slices in widths of a pixel, of the spacing between slices, rows and columns."""
    return SLICE_STEP if spacing_mm is None else spacing_mm[0] / spacing_mm[2]


def voxel_ml(spacing_mm: tuple[float, float, float]) -> float:
    return math.prod(spacing_mm) / MM3_PER_ML


@dataclass(frozen=True)
class Geometry:
    """The box of a file's (height, width) grid that is the network's input. Half-open pixel bounds.

    The box is padded to a square around its centre, as the report's code does (the odd pixel
    is added below or to the right), and the square is resized to the network's side.
    aspect: height of a pixel over its width; the square is square in mm, so its sides differ in pixels.
    slice_step: distance between slices in widths of a pixel; assumed where the spacing is not known.
    """

    height: int
    width: int
    top: int
    bottom: int
    left: int
    right: int
    aspect: float = 1.0
    slice_step: float = SLICE_STEP

    @property
    def square_px(self) -> int:
        """The side of the square, in the finer pixels."""
        return max(self._padded_px)

    def slice_step_px(self, side_px: int) -> float:
        """Distance between slices in pixels of the square, resized to side_px."""
        return self.slice_step * side_px / self._padded_px[1]

    @property
    def _padded_px(self) -> tuple[int, int]:
        """Rows and columns of the padded box."""
        height, width = self.bottom - self.top, self.right - self.left
        side = max(height * self.aspect, width)  # in widths of a pixel
        return max(height, round(side / self.aspect)), max(width, round(side))

    def to_square(self, volume: np.ndarray, side_px: int, order: int) -> np.ndarray:
        """Crop, pad with 0 and resize (..., H, W) to (..., side_px, side_px) float64, with order 0 of the same dtype.

        With square pixels equal to scikit-image's `resize(mode="constant", anti_aliasing=False, clip=False)` of
        the padded box: order 2 for images, order 0 for masks, 1 for probabilities.
        """
        axes = [
            (padded, side_px, order, inside.start, inside.stop)
            for padded, inside in zip(self._padded_px, self._inside_square(), strict=True)
        ]
        box = volume[..., self.top : self.bottom, self.left : self.right]
        if order == 0:
            (row, row_in_box), (column, column_in_box) = (_picked(*axis) for axis in axes)
            return box[..., row[:, None], column] * row_in_box[:, None] * column_in_box
        rows, columns = (_bands(*axis) for axis in axes)
        box = box.astype(np.float64, copy=False)
        half = np.empty((*box.shape[:-2], side_px, box.shape[-1]))
        for block, band, weights in rows:
            np.matmul(weights, box[..., band, :], out=half[..., block, :])
        whole = np.empty((*half.shape[:-1], side_px))
        for block, band, weights in columns:
            np.matmul(half[..., band], weights.T, out=whole[..., block])
        return whole

    def to_file(self, probability: np.ndarray) -> np.ndarray:
        """Bring (..., side, side) back to (..., H, W) float32, linearly; 0 outside the box."""
        side_px = probability.shape[-1]
        back = [_resize_matrix(side_px, padded, 1, "nearest").astype(np.float32) for padded in self._padded_px]
        rows, columns = (matrix[inside] for matrix, inside in zip(back, self._inside_square(), strict=True))
        file = np.zeros((*probability.shape[:-2], self.height, self.width), np.float32)
        box = rows @ probability.astype(np.float32) @ columns.T
        file[..., self.top : self.bottom, self.left : self.right] = box
        return file

    def _inside_square(self) -> tuple[slice, slice]:
        height, width = self.bottom - self.top, self.right - self.left
        above, before = (self._padded_px[0] - height) // 2, (self._padded_px[1] - width) // 2
        return slice(above, above + height), slice(before, before + width)


def resize_square(probability: np.ndarray, side_px: int) -> np.ndarray:
    """Resize (..., n, n) to (..., side_px, side_px) float32, linearly; no change at equal sides."""
    if probability.shape[-1] == side_px:
        return probability.astype(np.float32)
    matrix = _resize_matrix(probability.shape[-1], side_px, 1, "nearest").astype(np.float32)
    return matrix @ probability.astype(np.float32) @ matrix.T


@lru_cache(maxsize=64)
def _resize_matrix(before_px: int, after_px: int, order: int, mode: str) -> np.ndarray:
    """The (after_px, before_px) matrix that resizes one axis.

    Spline resizing is linear in the image and separable, so zooming the unit vectors once
    gives a matrix that resizes whole volumes by a matrix product.
    """
    unit = np.eye(before_px)
    zoomed = ndimage.zoom(unit, (after_px / before_px, 1), order=order, mode=mode, grid_mode=True)
    return zoomed


@lru_cache(maxsize=64)
def _picked(padded_px: int, side_px: int, order: int, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
    """Of order 0: the pixel of the box, start to stop of the padded axis, for each of the side's; and if it has one."""
    matrix = _resize_matrix(padded_px, side_px, order, "grid-constant")[:, start:stop]
    return matrix.argmax(axis=1), matrix.any(axis=1)


@lru_cache(maxsize=64)
def _bands(padded_px: int, side_px: int, order: int, start: int, stop: int) -> list[tuple[slice, slice, np.ndarray]]:
    """The matrix that resizes the box, start to stop of the padded axis: blocks of rows, their columns, the weights.

    The padding is 0, so its columns are left out. A weight of a spline falls by 0.17 a pixel, so far from the diagonal
    it changes no sum: a third of the operations is left.
    """
    matrix = _resize_matrix(padded_px, side_px, order, "grid-constant")[:, start:stop]
    bands = []
    for row in range(0, side_px, BLOCK):
        block = slice(row, min(row + BLOCK, side_px))
        used = np.flatnonzero(np.abs(matrix[block]).max(axis=0) > NEGLIGIBLE)
        band = slice(used[0], used[-1] + 1) if len(used) else slice(0, 0)
        bands.append((block, band, np.ascontiguousarray(matrix[block, band])))
    return bands
