"""Dice, giving way to the boundary loss epoch by epoch: (1 - a) Dice + a Boundary.

Group: compound
Source: Kervadec et al., "Boundary loss for highly unbalanced segmentation", MIDL 2019, section 2 (arXiv 1812.07032)

a grows evenly from 0 in the first epoch to `last_boundary_weight` in the last: the authors' "rebalance", so
that Dice finds the lesion before the boundary term shapes it.
"""

from typing import Literal

import torch
from pydantic import Field

from brainseg.core.params import StrictSettings
from brainseg.losses.shared.terms import boundary_term, dice_coefficient


class Settings(StrictSettings):
    last_boundary_weight: float = Field(gt=0, lt=1)
    smooth: float = Field(gt=0, le=1e6)
    reduce: Literal["batch", "sample"]


def dice_boundary(
    logits: torch.Tensor,
    target: torch.Tensor,
    *,
    last_boundary_weight: float,
    smooth: float,
    reduce: str,
    progress: float,
) -> torch.Tensor:
    """Scalar float32 loss of logits and target, both (N, 1, H, W); it goes below 0.

    `progress`, 0 in the first epoch and 1 in the last, is a fact of the training. An empty target with
    an empty prediction costs 0.
    """
    weight = progress * last_boundary_weight
    dice_loss = (1 - dice_coefficient(logits, target, smooth, reduce)).mean()
    return (1 - weight) * dice_loss + weight * boundary_term(logits, target)
