"""Writes masks and probabilities on the scan's own grid, so that they open over it in any viewer."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np

from brainseg.core.errors import UserError
from brainseg.core.files import atomic_write
from brainseg.scans.dicom_seg import write_dicom_seg
from brainseg.scans.scan import Scan
from brainseg.scans.slices import write_png
from brainseg.scans.tiff_stack import write_stack
from brainseg.scans.volumes.medical import EXTENSIONS, write_volume

FORMATS = ("nifti", "mha", "nrrd", "tiff", "png", "npy", "dicom-seg")


def write_mask(folder: Path, scan: Scan, mask: np.ndarray, format: str | None = None) -> list[Path]:
    """Write mask (S, H, W) bool, on the scan's axial grid, below folder; the paths that were written.

    format: one of FORMATS; None: the scan's own. Volumes hold 0 and 1 on the scan's grid, pictures 0 and 255.
    NAME_mask.nii.gz, .mha, .nrrd, .npy, .dcm or, of a stack, .tif; NAME_mask/ with a file a slice for slices.
    The same mask gives the same bytes.
    """
    if mask.dtype != bool:
        raise ValueError(f"mask is {mask.dtype}; expected bool")
    format = _checked_format(scan, mask, format or ("dicom-seg" if scan.format == "dicom" else scan.format))
    if format == "dicom-seg":
        path = folder / f"{scan.name}_mask.dcm"
        with atomic_write(path) as tmp_path:
            write_dicom_seg(tmp_path, scan, mask)
        return [path]
    if format in ("tiff", "png"):
        return _write_pictures(folder, scan, mask.astype(np.uint8) * 255, format, "mask")
    return _write_one(folder, scan, mask, format, "mask")


def write_probability(folder: Path, scan: Scan, probability: np.ndarray, format: str | None = None) -> list[Path]:
    """Write probability (S, H, W) uint8, 255 for 1, on the scan's axial grid; the paths that were written.

    float32 in 0 ... 1 for volumes and .npy, uint8 for pictures. Names as of masks. DICOM becomes NIfTI: DICOM-SEG
    stores masks.
    """
    if probability.dtype != np.uint8:
        raise ValueError(f"probability is {probability.dtype}; expected uint8")
    format = _checked_format(scan, probability, format or scan.format)
    format = "nifti" if format in ("dicom", "dicom-seg") else format
    if format in ("tiff", "png"):
        return _write_pictures(folder, scan, probability, format, "probability")
    return _write_one(folder, scan, probability.astype(np.float32) / np.float32(255), format, "probability")


def check_format(scan: Scan, format: str | None) -> None:
    """Raises UserError for a format in which the mask of this scan cannot be written."""
    if format is not None and format not in FORMATS:
        raise UserError(f"format is {format!r}; expected one of {', '.join(FORMATS)}")
    if format == "dicom-seg" and scan.format != "dicom":
        raise UserError(f"{scan.name}: is not DICOM, so a DICOM-SEG has no series to refer to; choose another format")


def _checked_format(scan: Scan, array: np.ndarray, format: str) -> str:
    if array.shape != scan.axial_shape:
        raise ValueError(f"{scan.name}: given {array.shape}; expected the axial grid {scan.axial_shape}")
    check_format(scan, None if format == "dicom" else format)
    return format


def _write_one(folder: Path, scan: Scan, array: np.ndarray, format: str, what: str) -> list[Path]:
    path = folder / f"{scan.name}_{what}{EXTENSIONS.get(format, '.npy')}"
    with atomic_write(path) as tmp_path:
        if format == "npy":
            with tmp_path.open("wb") as file:  # given a name, NumPy adds its extension
                np.save(file, array)
        else:
            write_volume(tmp_path, scan.grid.from_axial(array), scan.grid)
    return [path]


def _write_pictures(folder: Path, scan: Scan, pixels: np.ndarray, format: str, what: str) -> list[Path]:
    """pixels (S, H, W) uint8. A stack of a stack or a volume, a folder of slices of slices."""
    path = folder / f"{scan.name}_{what}"
    if format == "tiff" and not scan.slices:
        path = path.with_name(f"{path.name}.tif")
        with atomic_write(path) as tmp_path:
            write_stack(tmp_path, pixels)
        return [path]
    stems = scan.slices or tuple(f"{scan.name}_{number}" for number in range(1, len(pixels) + 1))
    names = [f"{stem}_mask" if what == "mask" else stem for stem in stems]
    write = write_png if format == "png" else write_stack
    extension = ".png" if format == "png" else ".tif"

    def write_all(tmp_path: Path) -> None:
        for name, slice_pixels in zip(names, pixels, strict=True):
            write(tmp_path / f"{name}{extension}", slice_pixels)

    _atomic_folder(path, write_all)
    return [path / f"{name}{extension}" for name in names]


def _atomic_folder(path: Path, write: Callable[[Path], None]) -> None:
    """A folder that is complete or not there; one that is there already is replaced."""
    tmp_path = path.with_name(f".aside.{path.name}")
    shutil.rmtree(tmp_path, ignore_errors=True)  # remains of a run that was killed
    tmp_path.mkdir(parents=True)
    try:
        write(tmp_path)
        shutil.rmtree(path, ignore_errors=True)
        tmp_path.replace(path)
    finally:
        shutil.rmtree(tmp_path, ignore_errors=True)
