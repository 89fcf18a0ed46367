"""Dice, and more and more of the Hausdorff loss: Dice + a Hausdorff.

Group: compound
Source: Karimi & Salcudean, "Reducing the Hausdorff distance", IEEE TMI 2020 (arXiv 1904.10030)

a grows evenly from 0 in the first epoch to `last_hausdorff_weight` in the last. The paper sets it so that both
terms have one mean; over the diagonal the distances are small, so the weight is large.
"""

from typing import Literal

import torch
from pydantic import Field

from brainseg.core.params import StrictSettings
from brainseg.losses.shared.terms import dice_coefficient, hausdorff_term


class Settings(StrictSettings):
    last_hausdorff_weight: float = Field(gt=0, le=1e6)
    alpha: float = Field(gt=0, le=10)
    distances: Literal["both", "truth"]
    smooth: float = Field(gt=0, le=1e6)
    reduce: Literal["batch", "sample"]


def dice_hausdorff(
    logits: torch.Tensor,
    target: torch.Tensor,
    *,
    last_hausdorff_weight: float,
    alpha: float,
    distances: str,
    smooth: float,
    reduce: str,
    progress: float,
) -> torch.Tensor:
    """Scalar float32 loss of logits and target, both (N, 1, H, W).

    `progress`, 0 in the first epoch and 1 in the last, is a fact of the training. An empty target with
    an empty prediction costs 0.
    """
    dice_loss = (1 - dice_coefficient(logits, target, smooth, reduce)).mean()
    weight = progress * last_hausdorff_weight
    return dice_loss + weight * hausdorff_term(logits, target, alpha, distances)
