"""Bring patients in kaggle_3m layout from wherever they lie to the pipeline."""

import errno
import filecmp
import shutil
from pathlib import Path

from brainseg.core.errors import UserError, joined
from brainseg.core.progress import print_line, progress
from brainseg.data.raw.slices import numbered_files
from brainseg.sources.shared.left_out import left_out


def find_patients(source: Path) -> list[Path]:
    """The folders at or below `source` with slices in them, sorted; a UserError if there are none."""
    below = (path for path in source.rglob("*") if path.is_dir() and "__MACOSX" not in path.parts)
    folders = sorted(path for path in [source, *below] if any(numbered_files(path)))
    if not folders:
        raise UserError(f"{source}: no folder with PATIENT_1.tif, PATIENT_1_mask.tif, ... found in it")
    return folders


def copy_patients(source: Path, destination: Path) -> None:
    """Copy the slices of the patients found anywhere below `source` to `destination`, a folder each.

    Files are copied, not linked: DVC makes cached files read-only, and the originals must not change. A patient
    found twice with the same files is copied once. A patient found twice with different files, or a file that
    cannot be read, is a UserError; all of them are reported together. So is a TIFF that is not called like a slice.
    Other folders and images are left out with a note.
    """
    beside = left_out(*_everything(source))
    faults = list(beside.faults)
    for patient in progress(find_patients(source), "copying patients"):
        target = destination / patient.absolute().name  # "." has none
        if target.exists():
            if not _same_files(patient, target):  # Kaggle's archive contains its folder twice, with the same files
                faults.append(f"{patient}: a second folder of this name; patients need distinct names")
            continue
        target.mkdir(parents=True)
        for file, _, _ in numbered_files(patient):
            try:
                shutil.copyfile(file, target / file.name)
            except OSError as error:
                # a full disk concerns the destination, though the error may name the original file
                if error.filename != str(file) or error.errno in (errno.ENOSPC, errno.EDQUOT):
                    raise
                faults.append(f"{file}: cannot be read ({error.strerror})")
    if faults:
        raise joined(faults)
    for note in beside.notes():
        print_line(note)


def _everything(source: Path) -> tuple[list[Path], list[Path]]:
    """All folders below the source, and all files in it and in them."""
    folders = [path for path in source.rglob("*") if path.is_dir()]
    return folders, [path for folder in [source, *folders] for path in folder.iterdir() if not path.is_dir()]


def _same_files(patient: Path, target: Path) -> bool:
    names = {file.name for file, _, _ in numbered_files(patient)}
    if names != {file.name for file in target.iterdir()}:
        return False
    return not any(filecmp.cmpfiles(patient, target, names, shallow=False)[1:])
