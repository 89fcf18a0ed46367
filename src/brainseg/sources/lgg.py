"""The LGG brain MRI set of 110 patients, from Kaggle; no account needed.

Buda, Saha & Mazurowski, "Association of genomic subtypes of lower-grade gliomas with shape features
automatically extracted by a deep learning algorithm", Computers in Biology and Medicine, 2019.
"""

import csv
import hashlib
from pathlib import Path

from brainseg.core.errors import UserError
from brainseg.core.params import StrictSettings
from brainseg.core.progress import progress, same_style
from brainseg.data.raw.slices import numbered_files
from brainseg.sources.shared.copying import copy_patients, find_patients

HANDLE = "mateuszbuda/lgg-mri-segmentation/versions/2"  # with a version, the cache is used without network
PUBLISHED = Path(__file__).with_name("lgg_patients.csv")  # patient, sha256: see patient_digest


class Settings(StrictSettings):
    pass


def lgg(destination: Path) -> None:
    """Download the set into kagglehub's own cache, check each patient, and copy it to `destination`.

    A later run finds it in the cache, without network. A UserError gives the remedy if the set cannot
    be downloaded, and lists the patients whose files are not the published ones.
    """
    downloaded = Path(_download())
    try:
        folders = {folder.name: folder for folder in find_patients(downloaded)}  # Kaggle's archive contains each twice
        check_digests(folders, published())
        copy_patients(downloaded, destination)
    except UserError as error:
        raise UserError(f"{error}\nremove {downloaded} and run again, to download the LGG set anew") from None


def _download() -> str:
    import kagglehub  # here, since other data sources work without it

    try:
        with same_style():
            return kagglehub.dataset_download(HANDLE)
    except Exception as error:  # errors of kagglehub, of requests, of the operating system
        reason = f"{type(error).__name__}: {' '.join(str(error).split())[:100]}"
        remedy = "run again with a network, or fetch the set elsewhere and use data: folder"
        raise UserError(f"{HANDLE}: cannot be downloaded from Kaggle ({reason}); {remedy}") from None


def published() -> dict[str, str]:
    """The digest of each of the published patients."""
    with PUBLISHED.open(newline="", encoding="utf-8") as file:
        return {row["patient"]: row["sha256"] for row in csv.DictReader(file)}


def check_digests(folders: dict[str, Path], expected: dict[str, str]) -> None:
    faults = [f"{name}: missing" for name in sorted(expected.keys() - folders.keys())]
    faults += [f"{name}: not a patient of the LGG set" for name in sorted(folders.keys() - expected.keys())]
    for name in progress(sorted(folders.keys() & expected.keys()), "checking digests"):
        if patient_digest(folders[name]) != expected[name]:
            faults.append(f"{name}: its files are not the published ones")
    if faults:
        raise UserError("\n".join(faults))


def patient_digest(folder: Path) -> str:
    """The digest of a patient's slices: what `LC_ALL=C sha256sum *.tif | sha256sum` prints there."""
    files = sorted((file for file, _, _ in numbered_files(folder)), key=lambda file: file.name)
    lines = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files]
    return hashlib.sha256("".join(lines).encode()).hexdigest()
