"""The input of a network: which channels of a patient, and how many neighbouring slices (2.5-D)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeVar

import numpy as np
from pydantic import Field, field_validator

from brainseg.core.params import StrictSettings

if TYPE_CHECKING:  # prediction with ONNX does without PyTorch
    import torch

CHANNELS = ("pre_contrast", "flair", "post_contrast")  # of an image, in the order of the LGG set
PRE_CONTRAST, FLAIR, POST_CONTRAST = range(3)
Channel = Literal[*CHANNELS]
AnyArray = TypeVar("AnyArray")  # a tensor or a NumPy array


class InputSettings(StrictSettings):
    channels: list[Channel] = Field(min_length=1)
    neighbours: int = Field(ge=0, le=8)  # slices on either side

    @field_validator("channels")
    @classmethod
    def _named_once(cls, channels: list[Channel]) -> list[Channel]:
        if len(set(channels)) < len(channels):
            raise ValueError(f"{', '.join(channels)} names a channel twice; expected each once")
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

    def as_channels(self, z_scores: torch.Tensor) -> torch.Tensor:
        """(B, slices, n, n, 3) -> (B, in_channels, n, n), channels last, slice by slice."""
        import torch

        z_scores = self._picked(z_scores)
        stacked = z_scores.permute(0, 1, 4, 2, 3).flatten(1, 2)
        return stacked.contiguous(memory_format=torch.channels_last)

    def as_channels_numpy(self, z_scores: np.ndarray) -> np.ndarray:
        """The same values for NumPy arrays, in their usual order of memory."""
        z_scores = self._picked(z_scores)
        count, _, rows, columns, _ = z_scores.shape
        return np.ascontiguousarray(z_scores.transpose(0, 1, 4, 2, 3).reshape(count, self.in_channels, rows, columns))

    def _picked(self, z_scores: AnyArray) -> AnyArray:
        picked = [CHANNELS.index(name) for name in self.channels]
        return z_scores if picked == list(range(len(CHANNELS))) else z_scores[..., picked]


THREE_CHANNELS_2D = InputSettings(channels=list(CHANNELS), neighbours=0)
