"""The slices of many patients in memory, as batches on the device."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from brainseg.archs.shared.input import THREE_CHANNELS_2D, InputSettings, every_channel
from brainseg.core.channels import LGG_CHANNELS, places
from brainseg.core.errors import UserError
from brainseg.core.progress import progress
from brainseg.data import preprocessed
from brainseg.data.preprocessed import z_score


@dataclass(frozen=True)
class Slices:
    """The retained slices, or all slices, of P patients; N slices in total, patient by patient.

    images: (N, n, n, C) uint16 in 0 ... FULL_SCALE; half the memory of z-scores
    masks: (N, n, n) bool
    patient: (N,) int64, the index of a slice's patient in names
    mean, std: (P, C) float32, to turn images into z-scores
    slice_index: (N, slices) int64, for each slice itself and its neighbours; None without neighbours
    channels: the names of the C
    """

    names: tuple[str, ...]
    images: torch.Tensor
    masks: torch.Tensor
    patient: torch.Tensor
    mean: torch.Tensor
    std: torch.Tensor
    input_settings: InputSettings = THREE_CHANNELS_2D
    slice_index: torch.Tensor | None = None
    channels: tuple[str, ...] = LGG_CHANNELS

    def __len__(self) -> int:
        return len(self.patient)

    def batch(self, index: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The network's input, (B, in_channels, n, n) float32, channels last, and masks (B, 1, n, n) float32."""
        seen = index[:, None] if self.slice_index is None else self.slice_index[index]  # (B, slices)
        return self.input_settings.as_channels(self.z_scores(seen), self.channels), self.masks[index][:, None].float()

    def z_scores(self, index: torch.Tensor) -> torch.Tensor:
        """The slices at these indices, (..., n, n, C) float32."""
        patient = self.patient[index]
        picked = self.images.view(torch.int16)[index].view(torch.uint16)  # CUDA indexes no uint16
        mean, std = (numbers[patient][..., None, None, :] for numbers in (self.mean, self.std))
        return z_score(picked.to(torch.float32), mean, std)

    def content(self) -> tuple[bytes | torch.Tensor, ...]:
        """All values, as input to a fingerprint of the slices."""
        names = "\n".join([*self.names, *self.channels]).encode()
        return (names, self.images, self.masks, self.patient, self.mean, self.std)

    def of_patient(self, number: int) -> torch.Tensor:
        """The indices of a patient's slices, in anatomical order."""
        return torch.nonzero(self.patient == number).flatten()

    def largest_lesion(self, number: int) -> torch.Tensor:
        """The index of a patient's slice with the largest lesion area."""
        index = self.of_patient(number)
        return index[self.masks[index].sum(dim=(1, 2)).argmax()]


def load_slices(
    names: Sequence[str],
    device: torch.device,
    input_settings: InputSettings | None = None,
    all_slices: bool = False,
    folder: Path = preprocessed.FOLDER,
) -> Slices:
    """The retained slices of these patients; with `all_slices` also the slices that preprocessing drops.

    input_settings: by default all channels of the data, without neighbours. Raises UserError for a channel that the
    data lacks, and for patients of different sizes or channels.
    """
    if not names:
        raise UserError(f"{folder}: no patient to load")
    parts, index, count, channels = [], [], 0, None
    for name in progress(names, "loading"):
        patient = preprocessed.read(name, folder)
        if channels is None:
            channels = patient.channels
            input_settings = input_settings or every_channel(channels)
            places(input_settings.channels, channels)
        if patient.channels != channels:
            found = f"{', '.join(patient.channels)}, those of the first patient {', '.join(channels)}"
            raise UserError(f"{folder}/{name}.npz: channels are {found}; expected the same; run preprocess again")
        used = np.ones_like(patient.retained) if all_slices else patient.retained
        parts.append((patient.image[used], patient.mask[used], patient.mean, patient.std))
        if parts[-1][0].shape[1:] != parts[0][0].shape[1:]:
            shapes = f"{parts[-1][0].shape[1:]}, the first patient {parts[0][0].shape[1:]}"
            raise UserError(f"{folder}/{name}.npz: slices are {shapes}; expected one size; run preprocess again")
        index.append(count + torch.from_numpy(input_settings.slice_index(patient.retained[used])))
        count += len(index[-1])
    images, masks, means, stds = zip(*parts, strict=True)
    counts = torch.tensor([len(mask) for mask in masks])
    return Slices(
        names=tuple(names),
        images=torch.from_numpy(np.concatenate(images)).to(device),
        masks=torch.from_numpy(np.concatenate(masks)).to(device),
        patient=torch.repeat_interleave(torch.arange(len(names)), counts).to(device),
        mean=torch.tensor(np.stack(means), dtype=torch.float32, device=device),
        std=torch.tensor(np.stack(stds), dtype=torch.float32, device=device),
        input_settings=input_settings,
        slice_index=torch.cat(index).to(device) if input_settings.neighbours else None,
        channels=channels,
    )
