"""Your own patients: any folder or zip archive that holds PATIENT/PATIENT_K.tif and _mask.tif."""

import filecmp
import shutil
import zipfile
import zlib
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import field_validator

from brainseg.errors import UserError
from brainseg.params import StrictSettings
from brainseg.progress import progress
from brainseg.volumes import numbered_files


class Settings(StrictSettings):
    path: str

    @field_validator("path")
    @classmethod
    def _exists(cls, path: str) -> str:
        source = Path(path)  # no ~: DVC, which watches the path too, would take it for a name
        if not source.is_dir() and not zipfile.is_zipfile(source):
            raise ValueError(f"{path!r} is neither a folder nor a zip archive")
        return path


def folder(destination: Path, *, path: str) -> None:
    """Copy the patients found anywhere below `path` to `destination`, one folder each.

    A copy, not a link: DVC makes what it caches read-only, and the originals are not ours.
    """
    source = Path(path)
    if source.is_dir():
        _copy_patients(source, destination)
    else:
        with TemporaryDirectory(dir=destination.parent) as unpacked:
            folder = Path(unpacked) / source.stem  # the patient's name, if its files lie at the top
            try:
                with zipfile.ZipFile(source) as archive:
                    archive.extractall(folder)  # zipfile keeps members inside the folder
            except (zipfile.BadZipFile, zlib.error, RuntimeError) as error:  # damaged, or with a password
                raise UserError(f"{source}: cannot be unpacked ({error})") from None
            try:
                _copy_patients(folder, destination)
            except UserError as error:
                raise UserError(str(error).replace(str(folder), str(source))) from None


def _copy_patients(source: Path, destination: Path) -> None:
    below = (path for path in source.rglob("*") if path.is_dir() and "__MACOSX" not in path.parts)
    folders = sorted(path for path in [source, *below] if any(numbered_files(path)))
    if not folders:
        raise UserError(f"{source}: no folder with PATIENT_1.tif, PATIENT_1_mask.tif, ... found in it")
    for patient in progress(folders, "copying patients"):
        target = destination / patient.name
        if target.exists():
            if _same_files(patient, target):  # Kaggle's archive holds its folder twice
                continue
            raise UserError(f"{patient}: a second folder of this name; patients need distinct names")
        target.mkdir(parents=True)
        for file, _, _ in numbered_files(patient):
            shutil.copyfile(file, target / file.name)


def _same_files(patient: Path, target: Path) -> bool:
    names = {file.name for file, _, _ in numbered_files(patient)}
    if names != {file.name for file in target.iterdir()}:
        return False
    return not any(filecmp.cmpfiles(patient, target, names, shallow=False)[1:])
