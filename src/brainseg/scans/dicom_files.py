"""Which files are DICOM, and of which study, without their pixels."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from brainseg.scans.packages import import_for

STUDY_INSTANCE_UID = 0x0020000D


def dicom_files(files: Iterable[Path]) -> Iterator[Path]:
    """Those of the files that are DICOM by the four letters behind their preamble; DICOMDIR and hidden ones are not."""
    for path in files:
        if not path.name.startswith(".") and path.name.upper() != "DICOMDIR" and _has_preamble(path):
            yield path


def dicom_files_in(path: Path) -> Iterator[Path]:
    """The DICOM files of a folder, sorted, or the file itself; none where the folder cannot be read."""
    try:
        files = sorted(file for file in path.iterdir() if file.is_file()) if path.is_dir() else [path]
    except OSError:  # said when the scan is read
        files = []
    return dicom_files(files)


def study_of(path: Path) -> str | None:
    """The StudyInstanceUID, or None."""
    try:
        pydicom = import_for("reading DICOM", "pydicom", "pydicom")
        header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=[STUDY_INSTANCE_UID])
        return str(header.StudyInstanceUID)
    except Exception:  # what is wrong with the file, or missing here, is said when it is read
        return None


def _has_preamble(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(132)[128:] == b"DICM"
    except OSError:
        return False
