"""Combo loss: a BCE_b - (1 - a) Dice, BCE_b = -mean(b y log p + (1 - b) (1 - y) log(1 - p)).

Group: compound
Source: Taghanaki et al., Computerized Medical Imaging and Graphics 2019 (arXiv 1805.02798)

Dice is the coefficient, so the truth costs -(1 - a). The print's second logarithm has a slip; its code does not.
"""

from typing import Literal

import torch
from pydantic import Field

from brainseg.core.params import StrictSettings
from brainseg.losses.shared.terms import dice_coefficient, weighted_cross_entropy


class Settings(StrictSettings):
    bce_weight: float = Field(gt=0, lt=1)
    lesion_weight: float = Field(gt=0, lt=1)
    smooth: float = Field(gt=0, le=1e6)
    reduce: Literal["batch", "sample"]


def combo(
    logits: torch.Tensor, target: torch.Tensor, *, bce_weight: float, lesion_weight: float, smooth: float, reduce: str
) -> torch.Tensor:
    """Scalar float32 loss of logits and target, both (N, 1, H, W); it goes below 0.

    An empty target with an empty prediction costs bce_weight - 1, the least there is.
    """
    entropy = weighted_cross_entropy(logits, target, lesion_weight, 1 - lesion_weight)
    return bce_weight * entropy - (1 - bce_weight) * dice_coefficient(logits, target, smooth, reduce).mean()
