"""Which slices a network sees: the report's sampling."""

import torch

from brainseg.training.slices import Slices


def slice_weights(slices: Slices) -> torch.Tensor:
    """Probability of each slice, (N,) float64 on the CPU, summing to 1.

    Patients are equally likely. Within one, a slice counts its lesion's area plus a tenth of
    the mean area of the patient's slices, so that slices without lesion are drawn too
    (reference code of the report). A patient without lesion is drawn evenly.
    """
    area = slices.masks.sum(dim=(1, 2)).double().cpu()
    patient = slices.patient.cpu()
    weights = torch.empty(len(slices), dtype=torch.float64)
    for number in range(len(slices.names)):
        of_patient = patient == number
        weight = area[of_patient] + 0.1 * area[of_patient].mean()
        weights[of_patient] = weight / weight.sum() if weight.sum() > 0 else 1 / len(weight)
    return weights / len(slices.names)


def draw(weights: torch.Tensor, batch_size: int, generator: torch.Generator) -> torch.Tensor:
    """An epoch's batches, (B, batch_size) int64: as many draws as slices, the ragged end dropped."""
    batches = len(weights) // batch_size
    drawn = torch.multinomial(weights, batches * batch_size, replacement=True, generator=generator)
    return drawn.view(batches, batch_size)
