"""Validation scores of each patient after an epoch, on the network's grid."""

from collections.abc import Callable

import numpy as np
import torch

from brainseg.device import autocast
from brainseg.metrics.overlap import dsc, iou
from brainseg.postprocessing.largest_component import largest_component
from brainseg.training.slices import Slices

THRESHOLD = 0.5  # the report's, strict
SCORES = ("dsc", "iou", "soft_dsc", "soft_iou")


@torch.inference_mode()
def validate(
    network: torch.nn.Module, loss: Callable, slices: Slices, batch_size: int, precision: str
) -> tuple[float, list[dict[str, float | str]]]:
    """Mean loss over the slices, and for each patient its name with hard and soft DSC and IoU.

    dsc and iou are of the mask above 0.5 after keeping its largest component, soft_dsc and
    soft_iou of the probabilities themselves. All are computed on the network's grid. At 256 x 256 this
    is how the report chooses its epoch; at other sizes it is faster and close to that. The loss is
    the mean over batches, weighted by their number of slices.
    """
    network.eval()
    total = torch.zeros((), device=slices.images.device)
    probabilities = []
    for index in torch.arange(len(slices), device=slices.images.device).split(batch_size):
        images, masks = slices.batch(index)
        with autocast(images.device, precision):
            logits = network(images)
        total += loss(logits, masks) * len(index)
        probabilities.append(logits.float().sigmoid()[:, 0])
    probability = torch.cat(probabilities).cpu().numpy()  # (N, n, n)
    rows = []
    for number, name in enumerate(slices.names):
        index = slices.of_patient(number)
        truth = slices.masks[index].cpu().numpy()
        soft = probability[index.cpu().numpy()]
        hard = largest_component(soft > THRESHOLD)
        scores = {"dsc": dsc(hard, truth), "iou": iou(hard, truth)}
        soft_scores = {"soft_dsc": dsc(soft, truth), "soft_iou": iou(soft, truth)}
        rows.append({"patient": name, **scores, **soft_scores})
    return total.item() / len(slices), rows


def mean_scores(rows: list[dict[str, float | str]]) -> dict[str, float | None]:
    """Mean of each score over the patients; None after an epoch without validation, which has no rows."""
    return {name: float(np.mean([row[name] for row in rows])) if rows else None for name in SCORES}
