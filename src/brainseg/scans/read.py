"""Reads a scan that find_scans found, whatever its format."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from brainseg.core.channels import LGG_CHANNELS, in_words, main_channel
from brainseg.core.errors import UserError
from brainseg.scans.arrays import read_npy, scan_of_array
from brainseg.scans.dicom import read_dicom, read_dicom_sequence
from brainseg.scans.scan import Scan
from brainseg.scans.scan_files import WHOLE, ScanFiles
from brainseg.scans.slices import colour_warnings, read_slices
from brainseg.scans.tiff_stack import read_stack
from brainseg.scans.volumes.intensity import to_image
from brainseg.scans.volumes.medical import kind_of, read_volume
from brainseg.scans.volumes.nifti import warnings_of
from brainseg.scans.volumes.orientation import Grid, oblique_warnings
from brainseg.scans.volumes.resampling import check_pixels, onto_grid, same_grid

SAME_SPACING = 0.01  # relative


def read_scan(
    files: ScanFiles, spacing_mm: Sequence[float] | None = None, channels: Sequence[str] = LGG_CHANNELS
) -> Scan:
    """The scan in memory. UserError, one line that names the file, for whatever is wrong with it.

    spacing_mm: between slices, rows and columns, for formats that state none; a spacing that the scan states is used.
    channels: of the image, by name.
    """
    if files.fault:
        raise UserError(files.fault)
    try:
        return _with_own_spacing(_read(files, spacing_mm, channels), spacing_mm)
    except MemoryError:
        raise UserError(f"{next(iter(files.files.values()))}: does not fit into memory") from None
    except OSError as error:  # a file that may not be read, or that vanished
        raise UserError(f"{error.filename or files.name}: cannot be read ({error.strerror or error})") from None


def scan_from_array(
    array: np.ndarray,
    spacing_mm: Sequence[float] | None = None,
    name: str = "array",
    channels: Sequence[str] = LGG_CHANNELS,
) -> Scan:
    """The scan in an array (S, H, W, C) of these channels, or (S, H, W), which is the main channel alone.

    Axial slices, inferior to superior; rows from anterior to posterior, columns from the patient's right to the left.
    uint8 and uint16 are taken unchanged, other whole numbers and floats are scaled (see intensity.to_image).
    spacing_mm: between slices, rows and columns. The array is not changed.
    UserError for other shapes and types.
    """
    return scan_of_array(name, name, np.asarray(array), spacing_mm, channels)


def _with_own_spacing(scan: Scan, spacing_mm: Sequence[float] | None) -> Scan:
    if spacing_mm is None or np.allclose(spacing_mm, scan.spacing_mm, rtol=SAME_SPACING):
        return scan
    stated = " × ".join(f"{side:.3g}" for side in scan.spacing_mm)
    return replace(scan, warnings=(*scan.warnings, f"states a spacing of {stated} mm; the spacing given is not used"))


def _read(files: ScanFiles, spacing_mm: Sequence[float] | None, channels: Sequence[str]) -> Scan:
    path = files.files.get(WHOLE)
    if path is None:
        return _of_sequences(files, channels)
    if files.format == "npy":
        return scan_of_array(path, files.name, read_npy(path), spacing_mm, channels)
    if files.format in ("png", "tiff"):
        if not files.slices:
            array, warnings = (stack := read_stack(path)), colour_warnings(stack)
        else:
            array, warnings = read_slices(files.slices)
        stems = tuple(file.stem for file in files.slices)
        found = {"format": files.format, "slices": stems, "warnings": warnings}
        return scan_of_array(path, files.name, array, spacing_mm, channels, **found)
    if files.format == "dicom":
        volumes, series, warnings = read_dicom(path, channels)
        return _volumes_to_scan(files, volumes, channels, series, warnings)
    volume, grid = read_volume(path)
    warnings = warnings_of(path) if files.format == "nifti" else []
    main = channels[main_channel(channels)]
    if volume.ndim == 3:
        return _volumes_to_scan(files, {main: (volume, grid)}, channels, warnings=warnings)
    if volume.shape[3] != len(channels):
        expected = f"1 ({in_words(main)}), or {len(channels)}: {', '.join(channels)}"
        raise UserError(f"{path}: has {volume.shape[3]} sequences; expected {expected}")
    volumes = {name: (volume[..., place], grid) for place, name in enumerate(channels)}
    return _volumes_to_scan(files, volumes, channels, warnings=warnings)


def _of_sequences(files: ScanFiles, channels: Sequence[str]) -> Scan:
    """A scan whose sequences lie in a file or a DICOM folder each."""
    main = channels[main_channel(channels)]
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
            series = dicom if name == main else series
    return _volumes_to_scan(files, volumes, channels, series, list(warnings))


def _volumes_to_scan(
    files: ScanFiles,
    volumes: Mapping[str, tuple[np.ndarray, Grid]],
    channels: Sequence[str],
    series: tuple[Path, ...] = (),
    warnings: Sequence[str] = (),
) -> Scan:
    """Turn the sequences (i, j, k) to axial, bring them onto the main channel's grid and scale them."""
    main = channels[main_channel(channels)]
    where = files.files.get(WHOLE) or files.files[main]
    grid = volumes[main][1]
    check_pixels(where, grid.axial_spacing_mm)
    target = grid.axial()
    warnings = list(warnings)
    sequences: dict[str, np.ndarray] = {}
    for name, (volume, own_grid) in volumes.items():
        sequences[name] = own_grid.to_axial(volume)
        if own_grid is not grid and not same_grid(own_grid.axial(), target):
            place = files.files.get(name, where)
            sequences[name], covered = onto_grid(place, sequences[name], own_grid.axial(), target, in_words(main))
            edge = f", of which it covers {covered:.0%}" if covered < 0.995 else ""
            warnings.append(f"{name} was resampled onto the grid of {in_words(main)}{edge}")
    warnings += oblique_warnings(grid)
    image, found = to_image(where, sequences, channels, as_is=False)
    spacing, said = grid.axial_spacing_mm, (*warnings, *found)
    return Scan(files.name, image, spacing, said, files.format, grid, series=series, channels=tuple(channels))
