"""What SimpleITK does not say of a NIfTI file: that it ends too early, what is not finite, what it does not state."""

import gzip
import struct
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np

from brainseg.core.errors import UserError

CHUNK = 2**20
HEADER_BYTES = 348
NIFTI_1, NIFTI_2 = (size.to_bytes(4, "little") for size in (HEADER_BYTES, 540))  # a header's first field: its size
NO_ORIENTATION = "the file states no orientation; it is taken to run from right to left, front to back, feet to head"


def not_finite(path: Path) -> np.ndarray | None:
    """Which voxels are not finite, bool in the order of the file, or None; UserError where the file ends too early.

    SimpleITK reads 0 in both cases, without a word.
    """
    found: list[np.ndarray] = []
    count = 0
    try:
        with _open(path) as file:
            offset, length, kind = _layout(file.read(HEADER_BYTES))
            if offset < 0:
                raise ValueError(f"voxels from byte {offset}")
            file.seek(offset)
            while count < length and (chunk := file.read(min(CHUNK, length - count))):
                count += len(chunk)
                if kind and len(chunk) % kind.itemsize == 0:
                    found.append(~np.isfinite(np.frombuffer(chunk, kind)))
            file.read(1)  # behind the last byte gzip compares the checksum
    except (EOFError, zlib.error, gzip.BadGzipFile, ValueError, OverflowError) as error:
        raise UserError(f"{path}: is cut off or damaged ({error})") from None
    if count < length:
        raise UserError(f"{path}: is cut off: holds {count:,} bytes of voxels; its header asks for {length:,}")
    return np.concatenate(found) if any(part.any() for part in found) else None


def warnings_of(path: Path) -> list[str]:
    """What a person should know of the file's header."""
    with _open(path) as file:
        header = file.read(HEADER_BYTES)
    # neither qform_code nor sform_code: axes without a meaning, as in Analyze files
    return [] if any(header[252:256]) else [NO_ORIENTATION]


def is_nifti_2(path: Path) -> bool:
    try:
        with _open(path) as file:
            return file.read(4) in (NIFTI_2, NIFTI_2[::-1])
    except (OSError, EOFError, zlib.error):
        return False


def _open(path: Path) -> BinaryIO:
    return gzip.open(path) if path.name.lower().endswith(".gz") else path.open("rb")


def _layout(header: bytes) -> tuple[int, int, np.dtype | None]:
    """Where the voxels begin, how many bytes they are, and their type if that is a float."""
    order = "<" if header[:4] == NIFTI_1 else ">"
    dim = struct.unpack_from(order + "8h", header, 40)
    code, bits = struct.unpack_from(order + "2h", header, 70)
    (offset,) = struct.unpack_from(order + "f", header, 108)
    sides = [max(1, side) for side in dim[1 : 1 + dim[0]]]
    floats = {16: np.dtype(order + "f4"), 64: np.dtype(order + "f8")}
    return int(offset), int(np.prod(sides, dtype=float)) * bits // 8, floats.get(code)
