"""Which slices an epoch trains on, and how often each is drawn."""

from typing import Literal

import torch
from pydantic import Field

from brainseg.core.params import StrictSettings
from brainseg.training.slices import Slices


class SamplingSettings(StrictSettings):
    area_power: float = Field(ge=0, le=10)  # 1 in the report
    background_share: float = Field(ge=0, le=1000)  # 0.1 in the report
    train_on: Literal["retained", "all"]


def slice_weights(slices: Slices, settings: SamplingSettings) -> torch.Tensor:
    """Probability of each slice, (N,) float64 on the CPU, summing to 1.

    Patients are equally likely. Within a patient, the weight of a slice is its lesion area to the power `area_power`,
    plus `background_share` times the mean of these powers over the patient's slices. So slices without lesion are
    drawn too. The reference code of the report has a power of 1 and a share of 0.1. A smaller power draws slices with
    a small lesion more often. A larger share draws slices without lesion more often. The slices of a patient without
    lesion are equally likely.
    """
    area = slices.lesion_px.double().cpu()
    weighted_area = torch.where(area > 0, area**settings.area_power, 0.0)  # 0 ** 0 is 1
    weights = []
    for of_patient in weighted_area.split(slices.slices_of):
        weight = of_patient + settings.background_share * of_patient.mean()
        weights.append(weight / weight.sum() if weight.sum() > 0 else torch.full_like(weight, 1 / len(weight)))
    return torch.cat(weights) / len(slices.names)


def draw(weights: torch.Tensor, batch_size: int, generator: torch.Generator) -> torch.Tensor:
    """An epoch's batches, (B, batch_size) int64: as many draws as slices, without the last incomplete batch."""
    batches = len(weights) // batch_size
    drawn = torch.multinomial(weights, batches * batch_size, replacement=True, generator=generator)
    return drawn.view(batches, batch_size)
