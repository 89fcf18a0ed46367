"""The input of a network: which channels of a patient, and how many neighbouring slices (2.5-D)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from pydantic import Field, field_validator

from brainseg.core.channels import LGG_CHANNELS, MOST, check_names, places
from brainseg.core.params import StrictSettings

if TYPE_CHECKING:  # prediction with ONNX does without PyTorch
    import torch

AnyArray = TypeVar("AnyArray")  # a tensor or a NumPy array


class InputSettings(StrictSettings):
    """channels: of the data set, by name, in the order in which the network is given them."""

    channels: list[str] = Field(min_length=1, max_length=MOST)
    neighbours: int = Field(ge=0, le=8)  # slices on either side

    @field_validator("channels")
    @classmethod
    def _are_names(cls, channels: list[str]) -> list[str]:
        check_names(channels)
        return channels

    @property
    def slices(self) -> int:
        return 2 * self.neighbours + 1

    @property
    def in_channels(self) -> int:
        return self.slices * len(self.channels)

    def slice_index(self, retained: np.ndarray) -> np.ndarray:
        """The indices of each slice and its neighbours, (S, slices) int64, of a patient with retained (S,) bool.

        A retained slice has retained neighbours only. Beyond the first and the last one, that slice is repeated.
        retained is one run of slices.
        """
        place = np.arange(len(retained))
        run = np.flatnonzero(retained)
        first, last = (run[0], run[-1]) if len(run) else (place[0], place[-1])
        low, high = np.where(retained, first, place[0]), np.where(retained, last, place[-1])
        around = place[:, None] + np.arange(-self.neighbours, self.neighbours + 1)
        return around.clip(low[:, None], high[:, None])

    def as_channels(self, z_scores: torch.Tensor, channels: Sequence[str]) -> torch.Tensor:
        """(B, slices, n, n, C) -> (B, in_channels, n, n), channels last, slice by slice.

        channels: the names of the C. Raises UserError where they lack one that the network is given.
        """
        import torch

        z_scores = self._picked(z_scores, channels)
        stacked = z_scores.permute(0, 1, 4, 2, 3).flatten(1, 2)
        return stacked.contiguous(memory_format=torch.channels_last)

    def as_channels_numpy(self, z_scores: np.ndarray, channels: Sequence[str]) -> np.ndarray:
        """The same values for NumPy arrays, in their usual order of memory."""
        z_scores = self._picked(z_scores, channels)
        count, _, rows, columns, _ = z_scores.shape
        return np.ascontiguousarray(z_scores.transpose(0, 1, 4, 2, 3).reshape(count, self.in_channels, rows, columns))

    def _picked(self, z_scores: AnyArray, channels: Sequence[str]) -> AnyArray:
        picked = places(self.channels, channels)
        return z_scores if picked == list(range(len(channels))) else z_scores[..., picked]


def every_channel(channels: Sequence[str]) -> InputSettings:
    """All channels of the data, of one slice."""
    return InputSettings(channels=list(channels), neighbours=0)


THREE_CHANNELS_2D = every_channel(LGG_CHANNELS)
