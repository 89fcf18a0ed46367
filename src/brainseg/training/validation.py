"""Validation scores of each patient after an epoch, on the network's grid."""

from collections.abc import Callable

import numpy as np
import torch

from brainseg.device import autocast
from brainseg.metrics.overlap import dsc, iou
from brainseg.postprocessing.largest_component import largest_component
from brainseg.training.processes import ALONE, Processes
from brainseg.training.slices import Slices

THRESHOLD = 0.5  # the report's, strict
SCORES = ("dsc", "iou", "soft_dsc", "soft_iou")


@torch.inference_mode()
def validate(
    network: torch.nn.Module,
    loss: Callable,
    slices: Slices,
    batch_size: int,
    precision: str,
    processes: Processes = ALONE,
) -> tuple[float, list[dict[str, float | str]]]:
    """Mean loss over the slices, and for each patient its name with hard and soft DSC and IoU.

    dsc and iou are of the mask above 0.5 after keeping its largest component, soft_dsc and
    soft_iou of the probabilities themselves. All are computed on the network's grid. At 256 x 256 this
    is how the report chooses its epoch; at other sizes it is faster and close to that. The loss is
    the mean over batches, weighted by their number of slices. A patient is scored as soon as its last slice is
    predicted, so that the probabilities of few patients are in memory together. Several processes take batches in
    turn, and patients in turn.
    """
    network.eval()
    total = torch.zeros((), device=slices.device)
    batches = torch.arange(len(slices), device=slices.device).split(batch_size)
    # of each round of `count` batches this process has one; in the last round some have one that is there already
    rounds = range(0, len(batches), processes.count)
    own = [batches[min(first + processes.rank, len(batches) - 1)] for first in rounds]
    rows, number, counts = {}, 0, slices.slices_of  # number: of the patient whose slices are being predicted
    held = torch.empty(0, *slices.masks.shape[1:], device=slices.device)
    for first, (images, masks) in zip(rounds, slices.batches(own), strict=True):
        with autocast(images.device, precision):
            logits = network(images)
        losses = processes.gather(loss(logits, masks).reshape(1))
        probability = processes.gather(padded(logits.float().sigmoid()[:, 0], batch_size))
        for place, index in enumerate(batches[first : first + processes.count]):
            total += losses[place] * len(index)
            held = torch.cat([held, probability[place * batch_size :][: len(index)]])
        while number < len(counts) and len(held) >= (count := counts[number]):
            if number % processes.count == processes.rank:
                rows[number] = score(slices, number, held[:count].cpu().numpy())
            held, number = held[count:], number + 1
    return total.item() / len(slices), processes.gather_rows(rows)


def padded(probability: torch.Tensor, batch_size: int) -> torch.Tensor:
    """(B, n, n) as (batch_size, n, n): processes exchange tensors of one shape."""
    missing = batch_size - len(probability)
    return torch.cat([probability, probability.new_zeros(missing, *probability.shape[1:])]) if missing else probability


def score(slices: Slices, number: int, soft: np.ndarray) -> dict[str, float | str]:
    """Of a patient, from its probabilities (S, n, n)."""
    truth = slices.masks[slices.of_patient(number)].cpu().numpy()
    hard = largest_component(soft > THRESHOLD)
    scores = {"dsc": dsc(hard, truth), "iou": iou(hard, truth)}
    soft_scores = {"soft_dsc": dsc(soft, truth), "soft_iou": iou(soft, truth)}
    return {"patient": slices.names[number], **scores, **soft_scores}


def mean_scores(rows: list[dict[str, float | str]]) -> dict[str, float | None]:
    """Mean of each score over the patients; None after an epoch without validation, which has no rows."""
    return {name: float(np.mean([row[name] for row in rows])) if rows else None for name in SCORES}
