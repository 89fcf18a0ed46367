"""A scan in memory: one form, whatever format it came in."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from brainseg.core.channels import LGG_CHANNELS
from brainseg.scans.volumes.orientation import Grid


@dataclass(frozen=True, eq=False)
class Scan:
    """image: (S, H, W, C) uint8 or uint16, on the scan's own axial grid. Slices run from inferior to superior, rows
    from anterior to posterior, columns from the patient's right to the left.

    spacing_mm: between slices, rows and columns; None where the format states none. grid: the scan's own, as stored.
    format: "dicom" or one of write.FORMATS. channels: the names of the C.
    slices: the names, without extension, of the files it came from, one a slice; or none.
    series: the DICOM files of the main channel in the order of the grid's last axis; or none.
    """

    name: str
    image: np.ndarray
    spacing_mm: tuple[float, float, float] | None
    warnings: tuple[str, ...]
    format: str
    grid: Grid
    slices: tuple[str, ...] = ()
    series: tuple[Path, ...] = ()
    channels: tuple[str, ...] = LGG_CHANNELS

    @property
    def axial_shape(self) -> tuple[int, int, int]:
        """(S, H, W)."""
        return self.grid.axial_shape
