"""Your own patients: any folder or zip archive that holds PATIENT/PATIENT_K.tif and _mask.tif."""

import errno
import os
import shutil
import stat
import zipfile
from pathlib import Path, PurePosixPath

from pydantic import Field, field_validator

from brainseg.core.errors import UserError, joined, shown
from brainseg.core.params import StrictSettings
from brainseg.core.progress import print_line
from brainseg.data.raw.slices import SLICE_FILE
from brainseg.sources.shared.copying import copy_patients
from brainseg.sources.shared.left_out import left_out

GB = 1e9
SPECIAL = {stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}


class Settings(StrictSettings):
    path: str
    unzipped_limit_gb: float = Field(gt=0, le=1e6)

    @field_validator("path")
    @classmethod
    def _exists(cls, path: str) -> str:
        if not path.strip():  # else the current folder, with all that lies in it
            raise ValueError("is empty; expected a folder or a zip archive")
        if "\0" in path:
            raise ValueError(f"{shown(path)} has a zero byte; expected a folder or a zip archive")
        source = Path(path)  # ~ is not expanded, since DVC reads the path too and does not expand it
        if not source.is_dir() and not (source.is_file() and zipfile.is_zipfile(source)):
            raise ValueError(f"{shown(path)} is neither a folder nor a zip archive")
        return path


def folder(destination: Path, *, path: str, unzipped_limit_gb: float) -> None:
    """Copy the patients found anywhere below `path` to `destination`, one folder each.

    Of a zip archive only the slices are unpacked, up to `unzipped_limit_gb`.
    """
    source = Path(path)
    if source.is_dir():
        copy_patients(source, destination)
        return
    temporary = destination.with_name(".unzipped.aside")
    unpacked = temporary / source.stem  # the patient's name, if its files lie at the top
    shutil.rmtree(temporary, ignore_errors=True)  # remains of a run that was killed
    unpacked.mkdir(parents=True)
    try:
        _unpack(source, unpacked, unzipped_limit_gb)
        copy_patients(unpacked, destination)
    except UserError as error:
        raise UserError(str(error).replace(str(unpacked), str(source))) from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _unpack(source: Path, destination: Path, limit_gb: float) -> None:
    try:
        with zipfile.ZipFile(source) as archive:
            _unpack_slices(archive, destination, limit_gb)
    except UserError:
        raise
    except Exception as error:  # damaged, or with a password: zipfile raises many types
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UserError(f"{source}: cannot be unpacked ({reason[:200]})") from None


def _unpack_slices(archive: zipfile.ZipFile, destination: Path, limit_gb: float) -> None:
    """Unpack the slices after a look at all names and sizes; UserErrors name the destination.

    The declared sizes are used, since zipfile unpacks no more than this of a deflated member. With other
    methods it unpacks all data before it cuts them to the declared size, so other methods are refused.
    """
    faults = []
    slices: dict[Path, zipfile.ZipInfo] = {}
    for member in archive.infolist():
        place = PurePosixPath(member.filename.replace("\\", "/"))
        if place.is_absolute() or ".." in place.parts or ":" in "".join(place.parts[:1]):
            faults.append(f"{destination}: holds {member.filename!r}, a path that leads out of the archive")
        elif stat.S_ISLNK(member.external_attr >> 16):
            faults.append(f"{destination}: holds {member.filename!r}, which is a link; expected files")
        elif not member.filename.endswith("/") and SLICE_FILE.fullmatch(place.name):
            target = destination / place
            if target in slices:
                faults.append(f"{destination}: holds {member.filename!r} twice")
            slices[target] = member
    packed_otherwise = [m for m in slices.values() if m.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)]
    if packed_otherwise:
        message = f"packs {packed_otherwise[0].filename!r} by another method than deflate; pack it the usual way"
        faults.append(f"{destination}: {message}")
    size = sum(member.file_size for member in slices.values())
    free = shutil.disk_usage(destination).free
    if size > limit_gb * GB:
        message = f"its slices unpack to {size / GB:,.1f} GB; datasets.folder.unzipped_limit_gb is {limit_gb:g}"
        faults.append(f"{destination}: {message}")
    elif 2 * size > free:  # unpacked, then copied
        message = f"its slices need {2 * size / GB:,.1f} GB while they are copied"
        faults.append(f"{destination}: {message}; the disk has {free / GB:,.1f} GB left")
    places = [destination / PurePosixPath(member.filename.replace("\\", "/")) for member in archive.infolist()]
    files = [place for place, member in zip(places, archive.infolist(), strict=True) if not member.is_dir()]
    beside = left_out({*places, *(folder for file in files for folder in file.parents)} - {*files}, files)
    if faults := faults + beside.faults:
        raise joined(faults)
    for note in beside.notes():
        print_line(note.replace(f"{destination}/", ""))
    for target, member in slices.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(member) as packed, target.open("wb") as file:
            shutil.copyfileobj(packed, file)


def special_files(folder: Path) -> list[str]:
    """A line for each pipe, socket, device, and link without end or target, at or below the folder.

    DVC, which reads the whole folder, hangs at a pipe and stops at a link that leads nowhere.
    """
    faults = []
    for place, folders, files in os.walk(folder):
        for name in sorted([*folders, *files]):
            path = Path(place, name)
            try:
                kind = stat.S_IFMT(path.stat().st_mode)
            except FileNotFoundError:
                faults.append(f"{path}: is a link to {path.readlink()}, which does not exist; remove it")
            except OSError as error:  # a circle of links, a folder that may not be entered
                faults.append(f"{path}: cannot be read ({error.strerror})")
            else:
                if kind in SPECIAL:
                    faults.append(f"{path}: is {SPECIAL[kind]}; expected files and folders, move it elsewhere")
                elif path.is_symlink() and Path(place).resolve().is_relative_to(path.resolve()):
                    faults.append(f"{path}: is a link to a folder that it lies in; remove it")
    return faults
