"""A patient of TIFF slices in kaggle_3m layout: PATIENT/PATIENT_K.tif and PATIENT_K_mask.tif, K from 1."""

import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import numpy as np

from brainseg.core.errors import UserError
from brainseg.data.raw.duplicates import slice_digest
from brainseg.data.raw.tiff import read_tiff

CHANGED = "it was changed after the download; delete data/raw, then `dvc repro` writes it again"
SLICE_FILE = re.compile(r"(?P<stem>.+)_(?P<number>\d+)(?P<mask>_mask)?\.tiff?", re.IGNORECASE)


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


def stacked(folder: Path, files: dict[int, Path]) -> np.ndarray:
    """The slices as one array. They were checked at download; since then somebody may have edited data/raw."""
    slices = [read_tiff(path) for path in files.values()]
    if not slices:
        raise UserError(f"{folder}: images or masks are missing; {CHANGED}")
    for path, pixels in zip(files.values(), slices, strict=True):
        if (pixels.shape, pixels.dtype) != (slices[0].shape, slices[0].dtype):
            found = f"is {pixels.shape} of {pixels.dtype}, the first slice {slices[0].shape} of {slices[0].dtype}"
            raise UserError(f"{path}: {found}; {CHANGED}")
    return np.stack(slices)


def faults_of_slices(folder: Path, digests: list[bytes]) -> list[str]:
    """A line for each fault of a patient's files; the digests of the images are added to `digests`.

    Each image has its mask, all are named after one patient, numbers run from 1 without gaps and to 2 at least, files
    are undamaged, images are (H, W, 3) uint8 or uint16 of one shape, masks are (H, W) of that shape with values 0 and
    255 or 0 and 1. A patient without lesion is allowed.
    """
    images, masks = slice_files(folder)
    if not images:
        return [f"{folder}: no slices found; expected {folder.name}_1.tif, {folder.name}_1_mask.tif, ..."]
    return _faults_of_names(folder, images, masks) + _faults_of_pixels(images, masks, digests)


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
