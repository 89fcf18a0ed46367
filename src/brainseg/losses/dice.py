"""Dice loss: 1 - (2 sum(p y) + s) / (sum(p) + sum(y) + s).

Group: region
Source: Milletari, Navab & Ahmadi, "V-Net", 3DV 2016, section 3 (arXiv 1606.04797); the report's section 5.1

Without the paper's squares in the denominator, as the report's reference code has it.
"""

from typing import Literal

import torch
from pydantic import Field

from brainseg.core.params import StrictSettings
from brainseg.losses.shared.terms import dice_coefficient


class Settings(StrictSettings):
    smooth: float = Field(gt=0, le=1e6)
    reduce: Literal["batch", "sample"]


def dice(logits: torch.Tensor, target: torch.Tensor, *, smooth: float, reduce: str) -> torch.Tensor:
    """Scalar float32 loss in 0 ... 1 of logits and target, both (N, 1, H, W).

    reduce="batch" takes the sums over the whole batch (the report's way: a slice without
    lesion then has little weight); "sample" takes them per slice and averages the losses.
    An empty target with an empty prediction costs 0, thanks to `smooth`.
    """
    return (1 - dice_coefficient(logits, target, smooth, reduce)).mean()
