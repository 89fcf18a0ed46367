"""Patients on disk in kaggle_3m layout: PATIENT/PATIENT_K.tif and PATIENT_K_mask.tif, K from 1."""

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from pathlib import Path

import numpy as np
import tifffile

from brainseg.core.errors import UserError, escaped, joined
from brainseg.core.progress import progress
from brainseg.data.raw.duplicates import same_images, same_names, slice_digest
from brainseg.data.raw.tiff import read_tiff

FOLDER = Path("data/raw")
CHANGED = "it was changed after the download; delete data/raw, then `dvc repro` writes it again"
SLICE_FILE = re.compile(r"(?P<stem>.+)_(?P<number>\d+)(?P<mask>_mask)?\.tiff?", re.IGNORECASE)

# the TCGA's name of a participant, whatever follows it: TCGA_CS_4941_19960909, TCGA-CS-4941-01A
TCGA = re.compile(r"(?P<person>TCGA[_-][A-Z0-9]{2}[_-][A-Z0-9]{4})(?:[_-].*)?", re.ASCII)
# a trailing date as in TCGA_CS_4941_19960909 or anna-1999-01-31; an id may have eight digits too, so months are checked
DATE = re.compile(r"(?P<person>.+)[_-](?:19|20)\d\d[_-]?(?:0[1-9]|1[0-2])[_-]?(?:0[1-9]|[12]\d|3[01])")


def patient_names(root: Path = FOLDER) -> list[str]:
    """The folders below `root`, one per patient, sorted. Raises UserError for a name that a table cannot store."""
    names = sorted(path.name for path in root.iterdir() if path.is_dir())
    for name in names:
        try:
            name.encode()
        except UnicodeEncodeError:
            encoding = sys.getfilesystemencoding()
            remedy = "rename it" if encoding == "utf-8" else f"or the locale's {encoding} lacks it: LC_ALL=C.UTF-8"
            raise UserError(f"{root}/{escaped(name)}: the folder's name is not valid UTF-8; {remedy}") from None
        if not name.isprintable():
            raise UserError(f"{root}/{escaped(name)}: the folder's name has a line end or the like; rename it")
    return names


def slice_files(folder: Path) -> tuple[dict[int, Path], dict[int, Path]]:
    """Image files and mask files of a patient, each by slice number in ascending order."""
    images: dict[int, Path] = {}
    masks: dict[int, Path] = {}
    for path, number, is_mask in numbered_files(folder):
        (masks if is_mask else images)[number] = path
    return dict(sorted(images.items())), dict(sorted(masks.items()))


def numbered_files(folder: Path) -> Iterator[tuple[Path, int, bool]]:
    """The slice files of a folder with their numbers, and whether they are masks."""
    for path in sorted(folder.iterdir()):
        match = SLICE_FILE.fullmatch(path.name)
        if match and not path.name.startswith("."):  # macOS leaves ._NAME_1.tif beside NAME_1.tif
            yield path, int(match["number"]), bool(match["mask"])


def read_images(folder: Path) -> np.ndarray:
    """Image (S, H, W, 3), uint8 or uint16, slices in the order of their numbers."""
    return _stacked(folder, slice_files(folder)[0])


def read_mask(folder: Path) -> np.ndarray:
    """Lesion mask (S, H, W) bool, slices in the order of their numbers."""
    return _stacked(folder, slice_files(folder)[1]) > 0


def _stacked(folder: Path, files: dict[int, Path]) -> np.ndarray:
    """The slices as one array. They were checked at download; since then somebody may have edited data/raw."""
    slices = [read_tiff(path) for path in files.values()]
    if not slices:
        raise UserError(f"{folder}: images or masks are missing; {CHANGED}")
    for path, pixels in zip(files.values(), slices, strict=True):
        if (pixels.shape, pixels.dtype) != (slices[0].shape, slices[0].dtype):
            found = f"is {pixels.shape} of {pixels.dtype}, the first slice {slices[0].shape} of {slices[0].dtype}"
            raise UserError(f"{path}: {found}; {CHANGED}")
    return np.stack(slices)


def write_patient(folder: Path, image: np.ndarray, mask: np.ndarray) -> None:
    """Write image (S, H, W, 3) uint8 and mask (S, H, W) bool; the same arrays give the same bytes."""
    folder.mkdir(parents=True)
    for number, (slice_image, slice_mask) in enumerate(zip(image, mask, strict=True), start=1):
        stem = f"{folder.name}_{number}"
        plain = {"metadata": None, "software": False}  # no tags that change with the library
        tifffile.imwrite(folder / f"{stem}.tif", slice_image, photometric="rgb", **plain)
        tifffile.imwrite(folder / f"{stem}_mask.tif", slice_mask.astype(np.uint8) * 255, **plain)


def check_patients(root: Path) -> dict[str, int]:
    """Check every patient's files; the number of slices of each. A UserError has one line for each fault.

    Each image has its mask, all are named after one patient, numbers run from 1 without
    gaps and to 2 at least, files are undamaged, images are (H, W, 3) uint8 or uint16 of one shape, masks
    are (H, W) of that shape with values 0 and 255 or 0 and 1. A patient without lesion is allowed.
    No two patients have the same images, or names that some file systems take for the same.
    """
    names = patient_names(root)
    if not names:
        raise UserError(f"{root}: no patients found")
    faults: list[str] = []
    digests: dict[str, list[bytes]] = {}
    counts = {}
    for name in progress(names, "checking files"):
        images, masks = slice_files(root / name)
        digests[name], counts[name] = [], len(images)
        if images:
            faults += _faults_of_names(root / name, images, masks) + _faults_of_pixels(images, masks, digests[name])
        else:
            faults.append(f"{root / name}: no slices found; expected {name}_1.tif, {name}_1_mask.tif, ...")
    faults += [f"{root}/{fault}" for fault in (*same_names(names), *same_images(digests))]
    if faults:
        raise joined(faults)
    return counts


def _faults_of_names(folder: Path, images: dict[int, Path], masks: dict[int, Path]) -> list[str]:
    faults = [f"{images[k]}: has no mask beside it" for k in images if k not in masks]
    faults += [f"{masks[k]}: has no image beside it" for k in masks if k not in images]
    stem = _stem(next(iter(images.values())))
    for path, number, is_mask in numbered_files(folder):
        used = (masks if is_mask else images)[number]
        if path != used:
            faults.append(f"{path}: has the same slice number as {used.name}")
        elif _stem(path) != stem:
            faults.append(f"{path}: is not called {stem}_... as the patient's first slice; expected one numbering")
    numbers = images.keys() | masks.keys()
    if min(numbers) < 1:
        faults.append(f"{folder}: slices are numbered from {min(numbers)}; expected from 1")
    holes = max(numbers) - len([number for number in numbers if number >= 1])
    if holes:
        first = next(number for number in count(1) if number not in numbers)
        faults.append(f"{folder}: slices are numbered up to {max(numbers)} but {holes} missing, the first {first}")
    if len(numbers) == 1:
        faults.append(f"{folder}: has one slice; expected a volume of at least 2")
    return faults


def _faults_of_pixels(images: dict[int, Path], masks: dict[int, Path], digests: list[bytes]) -> list[str]:
    """The faults; the digests of the images are added to `digests`."""
    faults: list[str] = []
    first: np.ndarray | None = None
    for path in [*images.values(), *masks.values()]:
        try:
            pixels = read_tiff(path)
        except UserError as error:
            faults.append(str(error))
            continue
        first = pixels if first is None else first
        if path in images.values() and (digest := slice_digest(pixels)):
            digests.append(digest)
        if pixels.shape[:2] != first.shape[:2]:
            faults.append(f"{path}: is {pixels.shape[:2]} pixels, the patient's first slice {first.shape[:2]}")
        elif path in masks.values():
            values = np.unique(pixels).tolist()
            if pixels.ndim != 2:
                faults.append(f"{path}: mask is {pixels.shape}; expected one channel of 0 and 255, or 0 and 1")
            elif not (set(values) <= {0, 255} or set(values) <= {0, 1}):
                faults.append(f"{path}: mask holds {values[:4]}; expected one channel of 0 and 255, or 0 and 1")
        elif pixels.ndim != 3 or pixels.shape[2] != 3:
            faults.append(f"{path}: image is {pixels.shape}; expected (H, W, 3)")
        elif pixels.dtype != first.dtype:
            faults.append(f"{path}: image is {pixels.dtype}, the patient's first slice {first.dtype}")
    return faults


def _stem(path: Path) -> str:
    match = SLICE_FILE.fullmatch(path.name)
    assert match, path
    return match["stem"]


def persons(patients: Iterable[str], pattern: str = "auto") -> dict[str, str]:
    """The person of each patient's name: two scans of one person are two patients.

    auto: the first three words of a TCGA name, TCGA_CS_4941 of TCGA_CS_4941_19960909 and of TCGA_CS_4941_scan2; of
    other names the part before a trailing _DATE. Any other pattern is a regular expression that matches the whole
    name; its first group is the person. A name that it does not match is a separate person.
    """
    patterns = (TCGA, DATE) if pattern == "auto" else (re.compile(pattern),)
    matches = {patient: [whole.fullmatch(patient) for whole in patterns] for patient in patients}
    found = {patient: next(filter(None, tried), None) for patient, tried in matches.items()}
    return {patient: match[1] if match and match[1] else patient for patient, match in found.items()}


def institution(patient: str) -> str:
    """CS of TCGA_CS_4941_19960909: the second word of the name, if it has several."""
    parts = patient.split("_")
    return parts[1] if len(parts) > 2 else ""


def institutions(patients: Sequence[str]) -> list[str]:
    """The institution of each; "" for all where the second words hardly repeat and so are no institutions."""
    found = [institution(patient) for patient in patients]
    return found if len(set(found)) <= len(patients) / 3 else [""] * len(patients)
