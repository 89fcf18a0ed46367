"""The slices of many patients in memory, handed out as batches on the device."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from brainseg.archs.shared.input import AS_THE_REPORT, InputSettings
from brainseg.core.progress import progress
from brainseg.data.preprocessed import FULL_SCALE, read_preprocessed


@dataclass(frozen=True)
class Slices:
    """The retained slices of P patients, or all of them, N in all, patient by patient.

    images: (N, n, n, 3) uint16 in 0 ... FULL_SCALE; a third of the memory of z-scores
    masks: (N, n, n) bool
    patient: (N,) int64, the index of a slice's patient in names
    mean, std: (P, 3) float32, to turn images into z-scores
    sees: which channels and neighbouring slices a batch shows
    retained: (N,) bool, not for the slices that preprocessing drops; None where those are left out
    """

    names: tuple[str, ...]
    images: torch.Tensor
    masks: torch.Tensor
    patient: torch.Tensor
    mean: torch.Tensor
    std: torch.Tensor
    sees: InputSettings = AS_THE_REPORT
    retained: torch.Tensor | None = None

    def __len__(self) -> int:
        return len(self.patient)

    def batch(self, index: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """What the network sees, (B, in_channels, n, n) float32, channels last, and masks (B, 1, n, n) float32.

        Neighbours are of the same patient; beyond its first and last slice that one is seen again. A retained
        slice has retained neighbours only, as in prediction.
        """
        seen = index[:, None] + self.sees.offsets(index.device)  # (B, slices)
        if self.sees.neighbours:
            first, last = self.neighbour_range(index)
            seen = seen.clamp(first[:, None], last[:, None])
        return self.sees.as_channels(self.z_scores(seen)), self.masks[index][:, None].float()

    def neighbour_range(self, index: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The first and the last place where the neighbours of each slice may be, (B,) int64 each."""
        who = self.patient[index]
        first, end = (torch.searchsorted(self.patient, who, right=right) for right in (False, True))
        if self.retained is None:
            return first, end - 1
        before = torch.cat([self.retained.new_zeros(1), self.retained]).cumsum(0)  # retained slices before a place
        first_retained = torch.searchsorted(before, before[first], right=True) - 1
        last_retained = torch.searchsorted(before, before[end]) - 1
        retained = self.retained[index]
        return torch.where(retained, first_retained, first), torch.where(retained, last_retained, end - 1)

    def z_scores(self, index: torch.Tensor) -> torch.Tensor:
        """The slices at these places, (..., n, n, 3) float32."""
        who = self.patient[index]
        picked = self.images.view(torch.int16)[index].view(torch.uint16)  # CUDA indexes no uint16
        rescaled = picked.to(torch.float32) / FULL_SCALE
        return (rescaled - self.mean[who][..., None, None, :]) / self.std[who][..., None, None, :]

    def content(self) -> tuple[bytes | torch.Tensor, ...]:
        """All of it, to tell one set of slices from another."""
        return ("\n".join(self.names).encode(), self.images, self.masks, self.patient, self.mean, self.std)

    def of_patient(self, number: int) -> torch.Tensor:
        """The indices of a patient's slices, in anatomical order."""
        return torch.nonzero(self.patient == number).flatten()

    def largest_lesion(self, number: int) -> torch.Tensor:
        """The index of a patient's slice with most lesion."""
        index = self.of_patient(number)
        return index[self.masks[index].sum(dim=(1, 2)).argmax()]


def load_slices(
    folder: Path,
    names: Sequence[str],
    device: torch.device,
    sees: InputSettings = AS_THE_REPORT,
    all_slices: bool = False,
) -> Slices:
    """The retained slices of these patients; with `all_slices` those too that preprocessing drops."""
    patients = [read_preprocessed(folder / f"{name}.npz") for name in progress(names, "loading")]
    used = [np.ones_like(p.kept) if all_slices else p.kept for p in patients]
    counts = torch.tensor([int(of_patient.sum()) for of_patient in used])
    retained = torch.from_numpy(np.concatenate([p.kept for p in patients])).to(device)
    return Slices(
        names=tuple(names),
        images=torch.from_numpy(np.concatenate([p.image[u] for p, u in zip(patients, used, strict=True)])).to(device),
        masks=torch.from_numpy(np.concatenate([p.mask[u] for p, u in zip(patients, used, strict=True)])).to(device),
        patient=torch.repeat_interleave(torch.arange(len(patients)), counts).to(device),
        mean=torch.tensor(np.stack([p.mean for p in patients]), dtype=torch.float32, device=device),
        std=torch.tensor(np.stack([p.std for p in patients]), dtype=torch.float32, device=device),
        sees=sees,
        retained=retained if all_slices else None,
    )
