"""Your own patients: any folder or zip archive that holds PATIENT/PATIENT_K.tif and _mask.tif."""

import shutil
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import field_validator

from brainseg.errors import UserError
from brainseg.params import Settings
from brainseg.progress import progress
from brainseg.volumes import slice_files


class Settings(Settings):
    path: str

    @field_validator("path")
    @classmethod
    def _exists(cls, path: str) -> str:
        source = Path(path).expanduser()
        if not source.is_dir() and not zipfile.is_zipfile(source):
            raise ValueError(f"{path!r} is neither a folder nor a zip archive")
        return path


def folder(destination: Path, *, path: str) -> None:
    """Copy the patients found anywhere below `path` to `destination`, one folder each.

    A copy, not a link: DVC makes what it caches read-only, and the originals are not ours.
    """
    source = Path(path).expanduser()
    if source.is_dir():
        _copy_patients(source, destination)
    else:
        with TemporaryDirectory(dir=destination.parent) as unpacked:
            with zipfile.ZipFile(source) as archive:
                archive.extractall(unpacked)  # zipfile keeps members inside the folder
            _copy_patients(Path(unpacked), destination)


def _copy_patients(source: Path, destination: Path) -> None:
    folders = sorted(path for path in [source, *source.rglob("*")] if path.is_dir() and slice_files(path)[1])
    if not folders:
        raise UserError(f"{source}: no folder with PATIENT_1.tif, PATIENT_1_mask.tif, ... found in it")
    for patient in progress(folders, "copying patients"):
        images, masks = slice_files(patient)
        target = destination / patient.name
        if target.exists():
            raise UserError(f"{patient}: a second folder of this name; patients need distinct names")
        target.mkdir(parents=True)
        for file in [*images.values(), *masks.values()]:
            shutil.copyfile(file, target / file.name)
