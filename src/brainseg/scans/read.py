"""Reads a scan that find_scans found, whatever its format."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from brainseg.core.errors import UserError
from brainseg.scans.arrays import read_npy, scan_of_array
from brainseg.scans.dicom import read_dicom, read_dicom_sequence
from brainseg.scans.scan import SEQUENCES, Scan
from brainseg.scans.scan_files import WHOLE, ScanFiles
from brainseg.scans.slices import colour_warnings, read_slices
from brainseg.scans.tiff_stack import read_stack
from brainseg.scans.volumes.intensity import to_image
from brainseg.scans.volumes.medical import kind_of, read_volume
from brainseg.scans.volumes.nifti import warnings_of
from brainseg.scans.volumes.orientation import Grid
from brainseg.scans.volumes.resampling import onto_grid, resize_plane, same_grid, square_shape

SAME_SPACING = 0.01  # relative
OBLIQUE_DEGREES = 20.0  # beyond it the nearest axial plane looks unlike the training slices


def read_scan(files: ScanFiles, spacing_mm: Sequence[float] | None = None) -> Scan:
    """The scan in memory. UserError, one line that names the file, for whatever is wrong with it.

    spacing_mm: between slices, rows and columns, for formats that state none; a spacing that the scan states is used.
    """
    if files.fault:
        raise UserError(files.fault)
    try:
        return _with_own_spacing(_read(files, spacing_mm), spacing_mm)
    except MemoryError:
        raise UserError(f"{next(iter(files.files.values()))}: does not fit into memory") from None
    except OSError as error:  # a file that may not be read, or that vanished
        raise UserError(f"{error.filename or files.name}: cannot be read ({error.strerror or error})") from None


def scan_from_array(array: np.ndarray, spacing_mm: Sequence[float] | None = None, name: str = "array") -> Scan:
    """The scan in an array (S, H, W, 3), channels as SEQUENCES, or (S, H, W), which is FLAIR alone.

    Axial slices, inferior to superior; rows from anterior to posterior, columns from the patient's right to the left.
    uint8 and uint16 are taken unchanged, other whole numbers and floats are scaled (see intensity.to_image).
    spacing_mm: between slices, rows and columns; pixels that are not square are resized. The array is not changed.
    UserError for other shapes and types.
    """
    return scan_of_array(name, name, np.asarray(array), spacing_mm)


def _with_own_spacing(scan: Scan, spacing_mm: Sequence[float] | None) -> Scan:
    if spacing_mm is None or np.allclose(spacing_mm, scan.spacing_mm, rtol=SAME_SPACING):
        return scan
    stated = " × ".join(f"{side:.3g}" for side in scan.spacing_mm)
    return replace(scan, warnings=(*scan.warnings, f"states a spacing of {stated} mm; the spacing given is not used"))


def _read(files: ScanFiles, spacing_mm: Sequence[float] | None) -> Scan:
    path = files.files.get(WHOLE)
    if path is None:
        return _of_sequences(files)
    if files.format == "npy":
        return scan_of_array(path, files.name, read_npy(path), spacing_mm)
    if files.format in ("png", "tiff"):
        if not files.slices:
            array, warnings = (stack := read_stack(path)), colour_warnings(stack)
        else:
            array, warnings = read_slices(files.slices)
        stems = tuple(file.stem for file in files.slices)
        return scan_of_array(path, files.name, array, spacing_mm, format=files.format, slices=stems, warnings=warnings)
    if files.format == "dicom":
        volumes, series, warnings = read_dicom(path)
        return _volumes_to_scan(files, volumes, series, warnings)
    volume, grid = read_volume(path)
    volumes = {name: (volume[..., n], grid) for n, name in enumerate(SEQUENCES)} if volume.ndim == 4 else None
    warnings = warnings_of(path) if files.format == "nifti" else []
    return _volumes_to_scan(files, volumes or {"flair": (volume, grid)}, warnings=warnings)


def _of_sequences(files: ScanFiles) -> Scan:
    """A scan whose sequences lie in a file or a DICOM folder each."""
    volumes: dict[str, tuple[np.ndarray, Grid]] = {}
    series: tuple[Path, ...] = ()
    warnings: dict[str, None] = {}  # each once
    for name, path in files.files.items():
        if (kind := kind_of(path)) and path.is_file():
            volume, grid = read_volume(path)
            if volume.ndim != 3:
                raise UserError(f"{path}: holds {volume.shape[3]} sequences; expected one")
            volumes[name] = volume, grid
            warnings |= dict.fromkeys(warnings_of(path) if kind[1] == "nifti" else ())
        else:
            volume, grid, dicom = read_dicom_sequence(path)
            volumes[name] = volume, grid
            series = dicom if name == "flair" else series
    return _volumes_to_scan(files, volumes, series, list(warnings))


def _volumes_to_scan(
    files: ScanFiles,
    volumes: Mapping[str, tuple[np.ndarray, Grid]],
    series: tuple[Path, ...] = (),
    warnings: Sequence[str] = (),
) -> Scan:
    """Turn the sequences (i, j, k) to axial, bring them onto FLAIR's grid and scale them."""
    where = files.files.get(WHOLE) or files.files["flair"]
    grid = volumes["flair"][1]
    target = grid.axial()
    warnings = list(warnings)
    sequences: dict[str, np.ndarray] = {}
    for name, (volume, own_grid) in volumes.items():
        sequences[name] = own_grid.to_axial(volume)
        if own_grid is not grid and not same_grid(own_grid.axial(), target):
            place = files.files.get(name, where)
            sequences[name], covered = onto_grid(place, sequences[name], own_grid.axial(), target)
            edge = f", of which it covers {covered:.0%}" if covered < 0.995 else ""
            warnings.append(f"{name} was resampled onto the grid of FLAIR{edge}")
    if grid.oblique_degrees > OBLIQUE_DEGREES:
        warnings.append(f"the slices are oblique by {grid.oblique_degrees:.0f} degrees; the nearest plane is used")
    image, found = to_image(where, sequences, as_is=False)
    image = resize_plane(image, square_shape(where, grid.axial_shape, grid.axial_spacing_mm))
    return Scan(files.name, image, grid.axial_spacing_mm, (*warnings, *found), files.format, grid, series=series)
