"""IoU loss, also called Jaccard's: 1 - (sum(p y) + s) / (sum(p) + sum(y) - sum(p y) + s).

Group: region
Source: Rahman & Wang, "Optimizing intersection-over-union in deep neural networks", ISVC 2016

Of the Dice loss D without smoothing it is 2 D / (1 + D): the same order of predictions, other slopes.
"""

from typing import Literal

import torch
from pydantic import Field

from brainseg.core.params import StrictSettings
from brainseg.losses.shared.terms import soft_counts


class Settings(StrictSettings):
    smooth: float = Field(gt=0, le=1e6)
    reduce: Literal["batch", "sample"]


def iou(logits: torch.Tensor, target: torch.Tensor, *, smooth: float, reduce: str) -> torch.Tensor:
    """Scalar float32 loss in 0 ... 1 of logits and target, both (N, 1, H, W).

    reduce="batch" takes the sums over the whole batch, "sample" per slice and averages the losses.
    An empty target with an empty prediction costs 0, thanks to `smooth`.
    """
    intersection, predicted, true = soft_counts(logits, target, reduce)
    return (1 - (intersection + smooth) / (predicted + true - intersection + smooth)).mean()
