"""Dice and focal loss, added: a Dice + b Focal.

Group: compound
Source: Zhu et al., "AnatomyNet", Medical Physics 2019 (arXiv 1808.05238); Ma et al., "Loss odyssey",
    Medical Image Analysis 2021
"""

from typing import Literal

import torch
from pydantic import Field

from brainseg.core.params import StrictSettings
from brainseg.losses.shared.terms import dice_coefficient, focal_cross_entropy


class Settings(StrictSettings):
    dice_weight: float = Field(gt=0, le=1e6)
    focal_weight: float = Field(gt=0, le=1e6)
    alpha: float = Field(gt=0, lt=1)
    gamma: float = Field(ge=1, le=20)
    smooth: float = Field(gt=0, le=1e6)
    reduce: Literal["batch", "sample"]


def dice_focal(
    logits: torch.Tensor,
    target: torch.Tensor,
    *,
    dice_weight: float,
    focal_weight: float,
    alpha: float,
    gamma: float,
    smooth: float,
    reduce: str,
) -> torch.Tensor:
    """Scalar float32 loss of logits and target, both (N, 1, H, W).

    An empty target with an empty prediction costs 0.
    """
    dice_loss = (1 - dice_coefficient(logits, target, smooth, reduce)).mean()
    return dice_weight * dice_loss + focal_weight * focal_cross_entropy(logits, target, alpha, gamma)
