"""DICOM series: which of them are the sequences of a scan, and their voxels in the patient."""

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from brainseg.core.channels import LGG_CHANNELS, main_channel
from brainseg.core.errors import UserError
from brainseg.scans.c_messages import silenced
from brainseg.scans.dicom_files import dicom_files_in
from brainseg.scans.dicom_geometry import grid_and_order
from brainseg.scans.dicom_sequences import FLAIR, T1, Header, Series, assign, listed
from brainseg.scans.packages import import_for
from brainseg.scans.volumes.medical import itk_reason, quiet_sitk
from brainseg.scans.volumes.orientation import Grid
from brainseg.scans.volumes.resampling import check_size

NO_IMAGE = ("SR", "SEG", "PR", "KO", "REG", "RTSTRUCT", "DOC")  # modalities of files beside a series
WANTED = (
    *("Modality", "Rows", "Columns", "NumberOfFrames", "PhotometricInterpretation", "SeriesInstanceUID"),
    *("SeriesDescription", "ProtocolName", "ContrastBolusAgent", "ImagePositionPatient", "ImageOrientationPatient"),
    *("PixelSpacing", "SliceThickness", "SpacingBetweenSlices"),
)


def read_dicom(
    path: Path, channels: Sequence[str] = LGG_CHANNELS
) -> tuple[dict[str, tuple[np.ndarray, Grid]], tuple[Path, ...], list[str]]:
    """The sequences (i, j, k) of a folder or file with their grids, the main one's files by k, and warnings.

    One series is the main channel. Of several, the descriptions say which is which; UserError where they don't.
    """
    series = _series_in(path)
    chosen, doubts = assign(path, series, channels)
    main, volumes, main_files = channels[main_channel(channels)], {}, ()
    for sequence, one in chosen.items():
        volume, grid, files = _read_series(one)
        volumes[sequence] = volume, grid
        main_files = files if sequence == main else main_files
    return volumes, main_files, doubts


def read_dicom_sequence(path: Path) -> tuple[np.ndarray, Grid, tuple[Path, ...]]:
    """The one series of a folder or file: its voxels (i, j, k), their grid, and its files in the order of k."""
    series = _series_in(path)
    if len(series) > 1:
        raise UserError(f"{path}: holds {len(series)} series: {listed(series)}; expected one")
    return _read_series(series[0])


def _series_in(path: Path) -> list[Series]:
    by_uid: dict[str, list[tuple[Header, Path]]] = {}
    others = []
    for file in _files_of(path):
        header = _read_header(file)
        modality = str(header["Modality"] or "")
        if modality in NO_IMAGE or not header["Rows"]:
            others.append(f"{file.name} ({modality or 'no modality'})")
        else:
            by_uid.setdefault(str(header["SeriesInstanceUID"]), []).append((header, file))
    if not by_uid:
        raise UserError(f"{path}: holds no DICOM images: {', '.join(others[:5]) or 'no DICOM files'}")
    return [_series(*zip(*pairs, strict=True)) for pairs in by_uid.values()]


def _read_header(file: Path) -> Header:
    pydicom = import_for("reading DICOM", "pydicom", "pydicom")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of values that DICOM does not allow and that can be read all the same
            header = pydicom.dcmread(file, stop_before_pixels=True, specific_tags=list(WANTED))
            syntax = header.file_meta.get("TransferSyntaxUID")
            packed_as = syntax.name if syntax and syntax.is_compressed else None
            return {key: header.get(key) for key in WANTED} | {"PackedAs": packed_as}  # now: it decodes at each look
    except Exception as error:  # a damaged file can raise nearly anything
        raise UserError(f"{file}: cannot be read as DICOM ({' '.join(str(error).split())[:200]})") from None


def _files_of(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if found := list(dicom_files_in(path)):
        return found
    folders = sorted(folder for folder in path.iterdir() if folder.is_dir())  # a study: a folder a series
    return [file for folder in folders for file in dicom_files_in(folder)]


def _series(headers: tuple[Header, ...], files: tuple[Path, ...]) -> Series:
    first = headers[0]
    words = [str(first[key] or "") for key in ("SeriesDescription", "ProtocolName")]
    description = words[0] if FLAIR.search(words[0]) or T1.search(words[0]) else " ".join(filter(None, words))
    shown = "".join(c if c.isprintable() else " " for c in description)
    return Series(shown, bool(first["ContrastBolusAgent"]), headers, files)


def _read_series(series: Series) -> tuple[np.ndarray, Grid, tuple[Path, ...]]:
    _refuse_what_is_no_stack(series)
    grid, order = grid_and_order(series.headers, series.files)
    files = tuple(series.files[number] for number in order)
    check_size(files[0].parent, grid.shape)
    # Not by medpy.io: it takes the first series of a folder, whichever that is, in an order that isn't checked.
    # As float32, since SimpleITK takes the type from the first file, though each file may have a slope of its own.
    sitk = quiet_sitk()
    reader = sitk.ImageSeriesReader()
    reader.SetOutputPixelType(sitk.sitkFloat32)
    reader.SetFileNames([str(file) for file in files])
    try:
        with silenced():
            image = reader.Execute()
    except RuntimeError as error:
        if packed_as := series.headers[0]["PackedAs"]:
            remedy = "no decoder reads it, or it is damaged; convert it to NIfTI"
            raise UserError(f"{files[0]}: cannot be decoded: packed as {packed_as}; {remedy}") from None
        raise UserError(f"{files[0]}: cannot be decoded ({itk_reason(error)})") from None
    return sitk.GetArrayFromImage(image).T, grid, files


def _refuse_what_is_no_stack(series: Series) -> None:
    first_size = None
    for header, file in zip(series.headers, series.files, strict=True):
        if header["NumberOfFrames"] not in (None, 1):
            raise UserError(
                f"{file}: holds {header['NumberOfFrames']} frames; expected a file a slice. Convert it to NIfTI"
            )
        if (kind := header["PhotometricInterpretation"]) not in (None, "MONOCHROME2"):
            raise UserError(f"{file}: its pixels are {kind}; expected MONOCHROME2")
        size = header["Rows"], header["Columns"]
        first_size = first_size or size
        if size != first_size:
            expected = f"{first_size[0]} × {first_size[1]}, as {series.files[0].name}"
            raise UserError(f"{file}: is {size[0]} × {size[1]} pixels; expected {expected}")
