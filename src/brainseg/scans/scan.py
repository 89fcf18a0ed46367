"""A scan in memory: one form, whatever format it came in."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from brainseg.archs.shared.input import CHANNELS
from brainseg.scans.volumes.orientation import Grid
from brainseg.scans.volumes.resampling import resize_plane

SEQUENCES = CHANNELS  # of an image, in this order


@dataclass(frozen=True, eq=False)
class Scan:
    """image: (S, H, W, 3) uint8 or uint16, channels as SEQUENCES. Axial slices, inferior to superior; rows run from
    anterior to posterior, columns from the patient's right to the left; pixels are square.

    spacing_mm: between the slices, rows and columns of the scan's own axial grid, before pixels were made square;
    None where the format states none. grid: the scan's own grid. format: "dicom" or one of write.FORMATS.
    slices: the names, without extension, of the files it came from, one a slice; or none.
    series: the DICOM files of FLAIR in the order of the grid's last axis; or none.
    """

    name: str
    image: np.ndarray
    spacing_mm: tuple[float, float, float] | None
    warnings: tuple[str, ...]
    format: str
    grid: Grid
    slices: tuple[str, ...] = ()
    series: tuple[Path, ...] = ()

    @property
    def axial_shape(self) -> tuple[int, int, int]:
        """(S, H, W) of the scan's own axial grid, before pixels were made square."""
        return self.grid.axial_shape

    def to_axial(self, probability: np.ndarray) -> np.ndarray:
        """Bring (S, H, W) uint8 on the image's grid to the scan's own axial grid, linearly.

        The same array where pixels were square.
        """
        if probability.shape != self.image.shape[:3]:
            raise ValueError(f"probability is {probability.shape}; expected {self.image.shape[:3]}")
        return resize_plane(probability, self.axial_shape[1:])
