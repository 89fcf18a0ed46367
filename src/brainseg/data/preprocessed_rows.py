"""Single slices of data/preprocessed/PATIENT.npz, read without the rest of the file.

By position and not by memory mapping: mapped pages count as the process's memory, and a file that is cut short while
it is mapped ends the process without a message. The system keeps what was read in memory as far as there is room.
"""

import os
import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from brainseg.core.errors import UserError
from brainseg.core.files import REMEDY
from brainseg.data.preprocessed import FOLDER

LOCAL_HEADER_BYTES = (
    30  # of a zip archive's member, before its name; the lengths of name and extra field are its last 4
)


@dataclass(frozen=True)
class NpzRows:
    """Where an array (S, ...) lies in an uncompressed .npz file.

    offset: of its first value, in bytes from the start of the file
    version: size and time of change of the file when it was looked at
    """

    path: Path
    offset: int
    shape: tuple[int, ...]
    dtype: np.dtype
    version: tuple[int, int]

    def read(self, row: int, into: np.ndarray) -> None:
        """Fill `into`, of a row's shape and dtype and contiguous. Raises UserError if the file has changed since."""
        with self.path.open("rb", buffering=0) as file:
            if _version(file.fileno()) != self.version:
                raise UserError(f"{self.path}: was changed while it was being read; start again")
            file.seek(self.offset + row * into.nbytes)
            if file.readinto(into.reshape(-1).view(np.uint8)) != into.nbytes:
                raise UserError(f"{self.path}: ends too early; {REMEDY}")


def stored(name: str, folder: Path = FOLDER) -> tuple[NpzRows, NpzRows]:
    """Where image and mask lie in the file of a patient that preprocessed.read accepts."""
    path = folder / f"{name}.npz"
    return locate(path, "image"), locate(path, "mask")


def size_bytes(name: str, folder: Path = FOLDER) -> int:
    """Of a patient's file, which is hardly more than image and mask."""
    return (folder / f"{name}.npz").stat().st_size


def locate(path: Path, name: str) -> NpzRows:
    """The array of this name in a file that np.savez wrote. Raises ValueError for a compressed one."""
    with path.open("rb") as file, zipfile.ZipFile(file) as archive:
        member = archive.getinfo(f"{name}.npy")
        if member.compress_type != zipfile.ZIP_STORED:
            raise ValueError(f"{path}: {name} is compressed")
        with archive.open(member) as array:
            np.lib.format.read_magic(array)
            shape, fortran_order, dtype = np.lib.format.read_array_header_1_0(array)
            array_header_bytes = array.tell()
        if fortran_order:
            raise ValueError(f"{path}: {name} has its columns in order, not its rows")
        file.seek(member.header_offset)
        name_bytes, extra_bytes = struct.unpack("<HH", file.read(LOCAL_HEADER_BYTES)[-4:])
        start = member.header_offset + LOCAL_HEADER_BYTES + name_bytes + extra_bytes
        return NpzRows(path, start + array_header_bytes, shape, dtype, _version(file.fileno()))


def _version(descriptor: int) -> tuple[int, int]:
    status = os.fstat(descriptor)
    return status.st_size, status.st_mtime_ns
