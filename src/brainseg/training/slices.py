"""The slices of many patients, in memory or in their files, as batches on the device."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from brainseg.archs.shared.input import THREE_CHANNELS_2D, InputSettings, every_channel
from brainseg.core.channels import LGG_CHANNELS, places
from brainseg.core.errors import UserError
from brainseg.core.progress import progress
from brainseg.data import preprocessed, preprocessed_rows
from brainseg.data.preprocessed import z_score
from brainseg.training.stored_rows import StoredRows


@dataclass(frozen=True)
class Slices:
    """The retained slices, or all slices, of P patients; N slices in total, patient by patient.

    images: (N, n, n, C) uint16 in 0 ... FULL_SCALE; half the memory of z-scores
    masks: (N, n, n) bool
    patient: (N,) int64, the index of a slice's patient in names, ascending
    mean, std: (P, C) float32, to turn images into z-scores
    slice_index: (N, slices) int64, for each slice itself and its neighbours; None without neighbours
    channels: the names of the C
    """

    names: tuple[str, ...]
    images: torch.Tensor | StoredRows
    masks: torch.Tensor | StoredRows
    patient: torch.Tensor
    mean: torch.Tensor
    std: torch.Tensor
    input_settings: InputSettings = THREE_CHANNELS_2D
    slice_index: torch.Tensor | None = None
    channels: tuple[str, ...] = LGG_CHANNELS

    def __len__(self) -> int:
        return len(self.patient)

    @property
    def device(self) -> torch.device:
        return self.mean.device

    @property
    def lesion_px(self) -> torch.Tensor:
        """(N,) int64, of each slice."""
        if isinstance(self.masks, StoredRows):
            return torch.tensor(self.masks.lesion_px, device=self.device)
        return self.masks.sum(dim=(1, 2))

    @property
    def lesion_share(self) -> float:
        """Share of lesion pixels among all pixels, in single precision."""
        side_px = self.masks.shape[1]
        return (self.lesion_px.sum().float() / (len(self) * side_px**2)).item()

    @property
    def slices_of(self) -> list[int]:
        """The number of slices of each patient."""
        return torch.bincount(self.patient, minlength=len(self.names)).tolist()

    def batch(self, index: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The network's input, (B, in_channels, n, n) float32, channels last, and masks (B, 1, n, n) float32."""
        return self._as_batch(index, *self._stored(index))

    def batches(self, indices: Iterable[torch.Tensor]) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """`batch` of each of the indices; from disk the next one is read while one is used."""
        if not isinstance(self.images, StoredRows):
            yield from map(self.batch, indices)
            return
        with ThreadPoolExecutor(1) as reader:
            before = None
            for index in indices:
                now = index, reader.submit(self._stored, index)
                if before:
                    yield self._as_batch(before[0], *before[1].result())
                before = now
            if before:
                yield self._as_batch(before[0], *before[1].result())

    def _stored(self, index: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Of a batch: (B, n, n, C) uint16, or with neighbours (B, slices, n, n, C), and masks (B, n, n) bool."""
        return self._intensities(self._seen(index)), self.masks[index]

    def _as_batch(
        self, index: torch.Tensor, intensities: torch.Tensor, masks: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        z_scores = self._z_scores(self._seen(index), intensities)
        masks = masks.to(self.device, non_blocking=True)
        return self.input_settings.as_channels(z_scores, self.channels), masks[:, None].float()

    def _seen(self, index: torch.Tensor) -> torch.Tensor:
        """(B, slices): of each slice itself and its neighbours."""
        return index[:, None] if self.slice_index is None else self.slice_index[index]

    def _intensities(self, index: torch.Tensor) -> torch.Tensor:
        if isinstance(self.images, StoredRows):
            return self.images[index]
        return self.images.view(torch.int16)[index].view(torch.uint16)  # CUDA indexes no uint16

    def z_scores(self, index: torch.Tensor) -> torch.Tensor:
        """The slices at these indices, (..., n, n, C) float32."""
        return self._z_scores(index, self._intensities(index))

    def _z_scores(self, index: torch.Tensor, intensities: torch.Tensor) -> torch.Tensor:
        patient = self.patient[index]
        mean, std = (numbers[patient][..., None, None, :] for numbers in (self.mean, self.std))
        return z_score(intensities.to(self.device, non_blocking=True).to(torch.float32), mean, std)

    def content(self) -> tuple[bytes | torch.Tensor | StoredRows, ...]:
        """All values, as input to a fingerprint of the slices."""
        names = "\n".join([*self.names, *self.channels]).encode()
        return (names, self.images, self.masks, self.patient, self.mean, self.std)

    def of_patient(self, number: int) -> torch.Tensor:
        """The indices of a patient's slices, in anatomical order."""
        number = torch.tensor([number, number + 1], device=self.device)
        return torch.arange(*torch.searchsorted(self.patient, number).tolist(), device=self.device)

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
    on_disk: bool = False,
) -> Slices:
    """The retained slices of these patients; with `all_slices` also the slices that preprocessing drops.

    input_settings: by default all channels of the data, without neighbours
    on_disk: images and masks stay in the patients' files, which are checked one by one

    Raises UserError for a channel that the data lacks, and for patients of different sizes or channels.
    """
    if not names:
        raise UserError(f"{folder}: no patient to load")
    retained = [preprocessed.read_geometry(name, folder)[0] for name in names]
    used = [np.flatnonzero(np.ones_like(each) if all_slices else each) for each in retained]
    images, masks, means, stds, index, count, first = StoredRows(), StoredRows(), [], [], [], 0, None
    for place, name in enumerate(progress(names, "loading")):
        patient, rows = preprocessed.read(name, folder), used[place]
        if first is None:
            first, size = patient, patient.image.shape[1:]
            input_settings = input_settings or every_channel(patient.channels)
            places(input_settings.channels, patient.channels)
            if not on_disk:
                slices = sum(map(len, used))
                images, masks = np.empty((slices, *size), np.uint16), np.empty((slices, *size[:2]), bool)
        if patient.channels != first.channels:
            found = f"{', '.join(patient.channels)}, those of the first patient {', '.join(first.channels)}"
            raise UserError(f"{folder}/{name}.npz: channels are {found}; expected the same; run preprocess again")
        if patient.image.shape[1:] != size:
            shapes = f"{patient.image.shape[1:]}, the first patient {size}"
            raise UserError(f"{folder}/{name}.npz: slices are {shapes}; expected one size; run preprocess again")
        if on_disk:
            for array, its in zip((images, masks), preprocessed_rows.stored(name, folder), strict=True):
                array.add(its, rows.tolist())
            masks.lesion_px += patient.mask[rows].sum(axis=(1, 2)).tolist()
        else:
            images[count : count + len(rows)] = patient.image[rows]
            masks[count : count + len(rows)] = patient.mask[rows]
        means.append(patient.mean)
        stds.append(patient.std)
        index.append(count + torch.from_numpy(input_settings.slice_index(patient.retained[rows])))
        count += len(rows)
    return Slices(
        names=tuple(names),
        images=images if on_disk else torch.from_numpy(images).to(device),
        masks=masks if on_disk else torch.from_numpy(masks).to(device),
        patient=torch.repeat_interleave(torch.arange(len(names)), torch.tensor([*map(len, used)])).to(device),
        mean=torch.tensor(np.stack(means), dtype=torch.float32, device=device),
        std=torch.tensor(np.stack(stds), dtype=torch.float32, device=device),
        input_settings=input_settings,
        slice_index=torch.cat(index).to(device) if input_settings.neighbours else None,
        channels=first.channels,
    )
