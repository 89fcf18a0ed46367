"""The input of a network: which channels of a patient, and how many neighbouring slices (2.5-D)."""

from typing import Literal

import torch
from pydantic import Field, field_validator

from brainseg.core.params import StrictSettings

CHANNELS = ("pre_contrast", "flair", "post_contrast")  # of an image, in the order of the LGG set
PRE_CONTRAST, FLAIR, POST_CONTRAST = range(3)
Channel = Literal[*CHANNELS]


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

    def slice_index(self, retained: torch.Tensor) -> torch.Tensor:
        """The indices of each slice and its neighbours, (S, slices) int64, of a patient with retained (S,) bool.

        A retained slice has retained neighbours only. Beyond the first and the last one, that slice is repeated.
        retained is one run of slices.
        """
        place = torch.arange(len(retained))
        run = torch.nonzero(retained).flatten()
        first, last = (run[0], run[-1]) if len(run) else (place[0], place[-1])
        low, high = torch.where(retained, first, place[0]), torch.where(retained, last, place[-1])
        around = place[:, None] + torch.arange(-self.neighbours, self.neighbours + 1)
        return around.clamp(low[:, None], high[:, None])

    def as_channels(self, z_scores: torch.Tensor) -> torch.Tensor:
        """(B, slices, n, n, 3) -> (B, in_channels, n, n), channels last, slice by slice."""
        picked = [CHANNELS.index(name) for name in self.channels]
        if picked != list(range(len(CHANNELS))):
            z_scores = z_scores[..., picked]
        stacked = z_scores.permute(0, 1, 4, 2, 3).flatten(1, 2)
        return stacked.contiguous(memory_format=torch.channels_last)


THREE_CHANNELS_2D = InputSettings(channels=list(CHANNELS), neighbours=0)
