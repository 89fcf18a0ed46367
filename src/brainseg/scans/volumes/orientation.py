"""Where the voxels of a scan lie in the patient, and the scan's arrays turned to axial slices and back.

World coordinates are those of DICOM and SimpleITK, in mm: x to the patient's left, y to posterior, z to superior.
"""

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations

import numpy as np

OBLIQUE_DEGREES = 20.0  # beyond it the nearest axial plane looks unlike other patients' slices


@dataclass(frozen=True, eq=False)
class Grid:
    """The voxel grid of a file, its axes (i, j, k) in the order of SimpleITK's indices.

    shape: voxels along i, j, k; spacing_mm along them; origin_mm: the centre of voxel (0, 0, 0);
    direction: (3, 3), column n the unit vector of axis n in world coordinates.
    """

    shape: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    origin_mm: tuple[float, float, float]
    direction: np.ndarray

    @cached_property
    def axes(self) -> tuple[int, int, int]:
        """The file's axis that runs nearest to each of the world's axes x, y, z; each axis once."""
        cosine = np.abs(self.direction)
        return max(permutations(range(3)), key=lambda axes: sum(cosine[world, axes[world]] for world in range(3)))

    @cached_property
    def flipped(self) -> tuple[bool, bool, bool]:
        """Whether each of `axes` runs against its world axis."""
        return tuple(bool(self.direction[world, self.axes[world]] < 0) for world in range(3))

    @property
    def oblique_degrees(self) -> float:
        """The largest angle between an axis of the file and its nearest world axis."""
        cosines = [
            abs(self.direction[world, axis]) / np.linalg.norm(self.direction[:, axis])
            for world, axis in enumerate(self.axes)
        ]
        return math.degrees(math.acos(min(1.0, min(cosines))))

    @property
    def axial_shape(self) -> tuple[int, int, int]:
        """(S, H, W) of the axial array."""
        x, y, z = (self.shape[axis] for axis in self.axes)
        return z, y, x

    @property
    def axial_spacing_mm(self) -> tuple[float, float, float]:
        """Spacing of the axial array: between slices, rows, columns."""
        x, y, z = (self.spacing_mm[axis] for axis in self.axes)
        return z, y, x

    def to_axial(self, volume: np.ndarray) -> np.ndarray:
        """A view (S, H, W, ...) of a volume (i, j, k, ...): inferior to superior, anterior to posterior, right to left.

        The nearest axes are used; nothing is interpolated.
        """
        turned = volume.transpose(*reversed(self.axes), *range(3, volume.ndim))
        return turned[self._steps()]

    def from_axial(self, axial: np.ndarray) -> np.ndarray:
        """The inverse of `to_axial`: a view (i, j, k, ...) of an array (S, H, W, ...)."""
        order = np.argsort(list(reversed(self.axes)))
        return axial[self._steps()].transpose(*order, *range(3, axial.ndim))

    def axial(self) -> "Grid":
        """The grid of the axial array; its axes i, j, k are columns, rows, slices."""
        signs = np.where(self.flipped, -1.0, 1.0)
        first = np.zeros(3)  # the file's index of the axial array's first voxel
        for axis, flipped in zip(self.axes, self.flipped, strict=True):
            first[axis] = self.shape[axis] - 1 if flipped else 0
        origin = np.asarray(self.origin_mm) + self.direction @ (first * self.spacing_mm)
        slices, rows, columns = self.axial_shape
        return Grid(
            shape=(columns, rows, slices),
            spacing_mm=tuple(reversed(self.axial_spacing_mm)),
            origin_mm=tuple(origin.tolist()),
            direction=self.direction[:, list(self.axes)] * signs,
        )

    def corners_mm(self) -> np.ndarray:
        """World coordinates of the centres of the eight corner voxels, (8, 3)."""
        last = np.array(self.shape) - 1
        index = np.array([[i, j, k] for i in (0, 1) for j in (0, 1) for k in (0, 1)]) * last
        return np.asarray(self.origin_mm) + (index * self.spacing_mm) @ self.direction.T

    def _steps(self) -> tuple[slice, slice, slice]:
        x, y, z = (slice(None, None, -1 if flipped else 1) for flipped in self.flipped)
        return z, y, x


def oblique_warnings(grid: Grid) -> list[str]:
    """What a person should know of slices that look unlike axial ones."""
    if grid.oblique_degrees <= OBLIQUE_DEGREES:
        return []
    return [f"the slices are oblique by {grid.oblique_degrees:.0f} degrees; the nearest plane is used"]


def axial_grid(shape: tuple[int, int, int], spacing_mm: tuple[float, float, float] | None) -> Grid:
    """The grid of an axial array (S, H, W) whose place in the patient is not stated; 1 mm where no spacing is."""
    slices, rows, columns = shape
    spacing = tuple(reversed(spacing_mm)) if spacing_mm else (1.0, 1.0, 1.0)
    return Grid((columns, rows, slices), spacing, (0.0, 0.0, 0.0), np.eye(3))
