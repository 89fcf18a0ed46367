"""Dice and cross-entropy, added: a Dice + b BCE.

Group: compound
Source: Isensee et al., "nnU-Net", Nature Methods 2021, methods (arXiv 1809.10486); Ma et al., "Loss odyssey",
    Medical Image Analysis 2021
"""

from typing import Literal

import torch
from pydantic import Field

from brainseg.core.params import StrictSettings
from brainseg.losses.shared.terms import dice_coefficient, weighted_cross_entropy


class Settings(StrictSettings):
    dice_weight: float = Field(gt=0, le=1e6)
    bce_weight: float = Field(gt=0, le=1e6)
    smooth: float = Field(gt=0, le=1e6)
    reduce: Literal["batch", "sample"]


def dice_bce(
    logits: torch.Tensor, target: torch.Tensor, *, dice_weight: float, bce_weight: float, smooth: float, reduce: str
) -> torch.Tensor:
    """Scalar float32 loss of logits and target, both (N, 1, H, W).

    An empty target with an empty prediction costs 0.
    """
    dice_loss = (1 - dice_coefficient(logits, target, smooth, reduce)).mean()
    return dice_weight * dice_loss + bce_weight * weighted_cross_entropy(logits, target, 1.0, 1.0)
