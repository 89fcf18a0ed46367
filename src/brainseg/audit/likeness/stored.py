"""Fingerprints of many patients in a temporary file: they have 8 KB a slice, which need not all be in memory."""

import tempfile
from dataclasses import dataclass
from types import TracebackType
from typing import BinaryIO

import numpy as np

from brainseg.audit.likeness.fingerprint import SIDE_PX, Fingerprint

DETAIL_BYTES = 2 * SIDE_PX**2  # of a slice, float16


@dataclass(frozen=True)
class StoredFingerprint:
    """As Fingerprint, with details that are read whenever they are asked for."""

    numbers: np.ndarray
    file: BinaryIO
    offset: int

    @property
    def details(self) -> np.ndarray:
        """(n, SIDE_PX, SIDE_PX) float16"""
        return self._read(0, len(self.numbers))

    def detail(self, place: int) -> np.ndarray:
        """(SIDE_PX, SIDE_PX) float16 of the slice at a place in numbers."""
        return self._read(place, 1)[0]

    def _read(self, first: int, count: int) -> np.ndarray:
        self.file.seek(self.offset + first * DETAIL_BYTES)
        return np.frombuffer(self.file.read(count * DETAIL_BYTES), np.float16).reshape(count, SIDE_PX, SIDE_PX)


class FingerprintFile:
    """Open as a context; the file lies in the folder for temporary files, TMPDIR, and goes at the end."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  (closed by __exit__)

    def store(self, fingerprint: Fingerprint) -> StoredFingerprint:
        offset = self._file.seek(0, 2)
        self._file.write(fingerprint.details.tobytes())
        return StoredFingerprint(fingerprint.numbers, self._file, offset)

    def __enter__(self) -> "FingerprintFile":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
