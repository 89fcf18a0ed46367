"""Slices that stay in the files of data/preprocessed, for data larger than memory."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from brainseg.data.preprocessed_rows import NpzRows

CHUNK_ROWS = 64  # read together for the fingerprint


@dataclass
class StoredRows:
    """An array (N, ...) whose rows lie in the files of patients; an index reads the rows that it names.

    lesion_px: of each row of a mask
    """

    arrays: list[NpzRows] = field(default_factory=list)
    owner: list[int] = field(default_factory=list)  # of each row, the place of its array
    row: list[int] = field(default_factory=list)  # its number there
    lesion_px: list[int] = field(default_factory=list)

    def add(self, array: NpzRows, rows: Sequence[int]) -> None:
        self.owner += [len(self.arrays)] * len(rows)
        self.row += rows
        self.arrays.append(array)

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self.row), *self.arrays[0].shape[1:])

    @property
    def nbytes(self) -> int:
        return int(np.prod(self.shape)) * self.arrays[0].dtype.itemsize

    def __getitem__(self, index: torch.Tensor) -> torch.Tensor:
        """The rows (*index.shape, ...) on the CPU, also for an index on another device."""
        shape, dtype = self.arrays[0].shape[1:], self.arrays[0].dtype
        read = np.empty((index.numel(), *shape), dtype)
        for into, place in zip(read, index.flatten().tolist(), strict=True):
            self.arrays[self.owner[place]].read(self.row[place], into)
        return torch.from_numpy(read.reshape(*index.shape, *shape))

    def chunks(self) -> Iterator[torch.Tensor]:
        """All rows in their order, a few at a time."""
        for index in torch.arange(len(self.row)).split(CHUNK_ROWS):
            yield self[index]
