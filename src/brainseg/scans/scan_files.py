"""Where a scan lies: what is known of it before it is read."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from brainseg.scans.dicom_files import dicom_files
from brainseg.scans.slices import PICTURES, TIFFS
from brainseg.scans.volumes.medical import kind_of

WHOLE = "scan"  # the key of a path that holds all sequences of a scan
ALLOWED = "expected .nii, .nii.gz, .mha, .mhd, .nrrd, .nhdr, .npy, .tif, .png, .jpg or DICOM"


@dataclass(frozen=True)
class ScanFiles:
    """Where a scan lies. name: of the files that are written. format: "dicom" or one of write.FORMATS.

    files: by sequence, or under WHOLE one path that holds them all. slices: the files of a folder of pictures, in
    order. fault: a line that read_scan raises; the rest need not be filled then.
    """

    name: str
    format: str
    files: Mapping[str, Path]
    slices: tuple[Path, ...] = ()
    fault: str | None = None


def scan_in_file(path: Path) -> ScanFiles:
    """The scan in a file, by its extension; of DICOM by its content."""
    if kind := kind_of(path):
        return ScanFiles(stem_of(path), kind[1], {WHOLE: path})
    suffix = path.suffix.lower()
    if suffix == ".npy":
        return ScanFiles(path.stem, "npy", {WHOLE: path})
    if suffix in TIFFS:
        return ScanFiles(path.stem, "tiff", {WHOLE: path})
    if suffix in PICTURES:
        return ScanFiles(path.stem, "png", {WHOLE: path}, (path,))
    if any(dicom_files([path])):
        return ScanFiles(path.stem, "dicom", {WHOLE: path})
    return faulty(path.stem, f"{path}: has no known extension; {ALLOWED}")


def faulty(name: str, fault: str) -> ScanFiles:
    """A scan that cannot be read, and why."""
    return ScanFiles(name, "", {}, fault=fault)


def stem_of(path: Path) -> str:
    """A file's name without its extension, .nii.gz included."""
    kind = kind_of(path)
    return path.name[: -len(kind[0])] if kind else path.stem


def name_of(path: Path) -> str:
    return path.name or path.resolve().name or "scan"  # "." and "/" have no name of their own


def shown(text: str) -> str:
    """The text with what a terminal cannot show, bytes that are not UTF-8 among them, as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
