"""The scans in a folder and below it."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from brainseg.core.channels import LGG_CHANNELS
from brainseg.scans.dicom_files import dicom_files, dicom_files_in, study_of
from brainseg.scans.scan_files import WHOLE, ScanFiles, faulty, name_of, scan_in_file, shown, stem_of
from brainseg.scans.sequence_names import scans_in_files
from brainseg.scans.slices import MASK, PICTURES, TIFFS, natural_order, slice_files
from brainseg.scans.tiff_stack import page_count
from brainseg.scans.volumes.medical import kind_of

MAX_DEPTH = 8


def scans_in_folder(
    folder: Path, channels: Sequence[str] = LGG_CHANNELS, above: frozenset[Path] = frozenset()
) -> Iterator[ScanFiles]:
    """The scans in a folder and below it, in natural order; above: the folders that it was reached through.

    DICOM files, or pictures alone, make the folder one scan. Beside volumes pictures are previews. Hidden files and
    what is named as a mask or a probability are left out.
    """
    real = folder.resolve()
    if real in above or len(above) > MAX_DEPTH:
        return  # a link that leads back up
    try:
        entries = sorted((p for p in folder.iterdir() if not p.name.startswith(".")), key=natural_order)
    except OSError as error:
        yield faulty(name_of(folder), f"{folder}: cannot be read ({error.strerror})")
        return
    unprintable = [path for path in entries if not path.name.isprintable()]
    for path in unprintable:
        yield faulty(shown(path.name), f"{shown(str(path))}: the name is not printable UTF-8; rename it")
    entries = [path for path in entries if path not in unprintable]
    files = [path for path in entries if path.is_file()]
    volumes = [path for path in files if kind_of(path) or path.suffix.lower() == ".npy"]
    tiffs, pictures = slice_files(folder, TIFFS), slice_files(folder, PICTURES)
    if any(dicom_files(path for path in files if _may_be_dicom(path) and not MASK.fullmatch(path.stem))):
        yield ScanFiles(name_of(folder), "dicom", {WHOLE: folder})
        return
    if volumes:
        yield from scans_in_files(folder, [path for path in volumes if not MASK.fullmatch(stem_of(path))], channels)
    elif tiffs and page_count(tiffs[0]) > 1:
        yield from (scan_in_file(path) for path in tiffs)
    elif tiffs:
        yield ScanFiles(name_of(folder), "tiff", {WHOLE: folder}, tuple(tiffs))
        return
    elif pictures:
        yield ScanFiles(name_of(folder), "png", {WHOLE: folder}, tuple(pictures))
        return
    below = [path for path in entries if path.is_dir() and not MASK.fullmatch(path.name)]
    if not volumes and len(below) > 1 and _one_study(below):
        yield ScanFiles(name_of(folder), "dicom", {WHOLE: folder})
        return
    for path in below:
        yield from scans_in_folder(path, channels, above | {real})


def _may_be_dicom(path: Path) -> bool:
    """By its extension: scanners write .dcm, .ima, a number, or none."""
    return path.suffix.lower() in ("", ".dcm", ".ima", ".dicom") or path.suffix[1:].isdigit()


def _one_study(folders: Sequence[Path]) -> bool:
    """Whether each folder holds DICOM files, and all of them are of one study: the series of one scan."""
    studies = set()
    for folder in folders:
        first = next(dicom_files_in(folder), None)
        if not first:
            return False
        studies.add(study_of(first))
    return len(studies) == 1 and None not in studies
