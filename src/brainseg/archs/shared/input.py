"""What a network sees of a patient: which channels, and how many neighbouring slices (2.5-D)."""

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

    def offsets(self, device: torch.device) -> torch.Tensor:
        """(slices,) int64: the places of the slices that are seen, from the one that is segmented."""
        return torch.arange(-self.neighbours, self.neighbours + 1, device=device)

    def as_channels(self, z_scores: torch.Tensor) -> torch.Tensor:
        """(B, slices, n, n, 3) -> (B, in_channels, n, n), channels last, slice by slice."""
        picked = [CHANNELS.index(name) for name in self.channels]
        if picked != list(range(len(CHANNELS))):
            z_scores = z_scores[..., picked]
        stacked = z_scores.permute(0, 1, 4, 2, 3).flatten(1, 2)
        return stacked.contiguous(memory_format=torch.channels_last)


AS_THE_REPORT = InputSettings(channels=list(CHANNELS), neighbours=0)
