"""Which files are DICOM, and of which study, without their pixels."""

from collections.abc import Sequence
from pathlib import Path

from brainseg.scans.packages import import_for

STUDY_INSTANCE_UID = 0x0020000D


def dicom_files(files: Sequence[Path], *, first_alone: bool = False) -> list[Path]:
    """Those of the files that are DICOM by the four letters behind their preamble; DICOMDIR and hidden ones are not."""
    found = []
    for path in files:
        if not path.name.startswith(".") and path.name.upper() != "DICOMDIR" and _has_preamble(path):
            found.append(path)
            if first_alone:
                break
    return found


def study_of(path: Path) -> str | None:
    """The StudyInstanceUID, or None."""
    pydicom = import_for("reading DICOM", "pydicom", "pydicom")
    try:
        header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=[STUDY_INSTANCE_UID])
        return str(header.StudyInstanceUID)
    except Exception:  # what is wrong with the file is said when it is read
        return None


def _has_preamble(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(132)[128:] == b"DICM"
    except OSError:
        return False
