"""Patients on disk, a folder each: TIFF slices (slices.py), or a volume with spacing and channels (volume.py)."""

import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import tifffile

from brainseg.core.channels import LGG_CHANNELS
from brainseg.core.errors import UserError, escaped, joined
from brainseg.core.progress import progress
from brainseg.data.geometry import voxel_ml
from brainseg.data.raw import volume
from brainseg.data.raw.duplicates import same_images, same_names
from brainseg.data.raw.slices import faults_of_slices, slice_files, stacked

FOLDER = Path("data/raw")

# the TCGA's name of a participant, whatever follows it: TCGA_CS_4941_19960909, TCGA-CS-4941-01A
TCGA = re.compile(r"(?P<person>TCGA[_-][A-Z0-9]{2}[_-][A-Z0-9]{4})(?:[_-].*)?", re.ASCII)
# BraTS's name of a patient, whatever time point follows it: BraTS-GLI-00005-100
BRATS = re.compile(r"(?P<person>BraTS-[A-Z]+-\d+)-\d+", re.ASCII)
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


def read_images(folder: Path) -> np.ndarray:
    """Image (S, H, W, C), uint8 or uint16, slices in the order of their numbers."""
    return volume.read(folder).image if volume.is_volume(folder) else stacked(folder, slice_files(folder)[0])


def read_mask(folder: Path) -> np.ndarray:
    """Lesion mask (S, H, W) bool, slices in the order of their numbers."""
    return volume.read_mask(folder) if volume.is_volume(folder) else stacked(folder, slice_files(folder)[1]) > 0


def read_spacing_mm(folder: Path) -> tuple[float, float, float] | None:
    """Between slices, rows and columns; None for TIFF slices, which do not state it."""
    return volume.read_header(folder)[0] if volume.is_volume(folder) else None


def read_channels(folder: Path) -> tuple[str, ...]:
    """The names of the image's channels."""
    return volume.read_header(folder)[1] if volume.is_volume(folder) else LGG_CHANNELS


def lesion_size(folder: Path) -> float:
    """Of a patient's lesion: ml, or voxels where the spacing is not known."""
    spacing_mm, voxels = read_spacing_mm(folder), int(read_mask(folder).sum())
    return voxels if spacing_mm is None else voxels * voxel_ml(spacing_mm)


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

    No two patients have the same images, or names that some file systems take for the same. All have the same
    channels. What is checked of one patient: faults_of_slices, volume.faults_of_volume.
    """
    names = patient_names(root)
    if not names:
        raise UserError(f"{root}: no patients found")
    faults: list[str] = []
    digests: dict[str, list[bytes]] = {}
    counts = {}
    for name in progress(names, "checking files"):
        folder, digests[name] = root / name, []
        if volume.is_volume(folder):
            counts[name] = len(volume.read_mask(folder))
            faults += volume.faults_of_volume(folder, digests[name])
        else:
            counts[name] = len(slice_files(folder)[0])
            faults += faults_of_slices(folder, digests[name])
    faults += [f"{root}/{fault}" for fault in (*same_names(names), *same_images(digests))]
    if faults:
        raise joined(faults)
    return counts


def persons(patients: Iterable[str], pattern: str = "auto") -> dict[str, str]:
    """The person of each patient's name: two scans of one person are two patients.

    auto: the first three words of a TCGA name, TCGA_CS_4941 of TCGA_CS_4941_19960909 and of TCGA_CS_4941_scan2, and of
    a BraTS name, BraTS-GLI-00005 of BraTS-GLI-00005-100; of other names the part before a trailing _DATE. Any other
    pattern is a regular expression that matches the whole name; its first group is the person. A name that it does
    not match is a separate person.
    """
    patterns = (TCGA, BRATS, DATE) if pattern == "auto" else (re.compile(pattern),)
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
