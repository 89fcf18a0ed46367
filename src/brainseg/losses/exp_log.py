"""Exponential logarithmic loss: a E[(-ln Dice_l)^gamma] + (1 - a) E[w_l (-ln p_true)^gamma].

Group: compound
Source: Wong et al., "3D segmentation with exponential logarithmic loss", MICCAI 2018 (arXiv 1809.00076)

The first mean is over the two labels l, lesion and background, the second over pixels; w_l is f_l^(-1/2), f_l
the label's share of the training masks. With gamma below 1 the slope is infinite at 0: what is less than 1e-7
counts as 1e-7.
"""

import torch
from pydantic import Field
from torch.nn.functional import softplus

from brainseg.core.params import StrictSettings
from brainseg.losses.shared.terms import dice_coefficient

LEAST = 1e-7


class Settings(StrictSettings):
    dice_weight: float = Field(ge=0, le=1)
    gamma: float = Field(gt=0, le=20)
    smooth: float = Field(gt=0, le=1e6)


def exp_log(
    logits: torch.Tensor,
    target: torch.Tensor,
    *,
    dice_weight: float,
    gamma: float,
    smooth: float,
    lesion_share: float,
) -> torch.Tensor:
    """Scalar float32 loss of logits and target, both (N, 1, H, W), counted over the whole batch.

    `lesion_share` is a fact of the training. An empty target with an empty prediction costs next to nothing:
    its Dice is 1, thanks to `smooth`, in pixels.
    """
    with torch.autocast(logits.device.type, enabled=False):
        logits, target = logits.float(), target.float()
        dice_losses = [
            (-dice_coefficient(sign * logits, label, smooth, "batch").log()).clamp_min(LEAST) ** gamma
            for sign, label in ((1, target), (-1, 1 - target))
        ]
        label_weight = torch.where(target > 0.5, lesion_share**-0.5, (1 - lesion_share) ** -0.5)
        entropy = softplus(torch.where(target > 0.5, -logits, logits)).clamp_min(LEAST)  # -ln p_true
        return dice_weight * sum(dice_losses) / 2 + (1 - dice_weight) * (label_weight * entropy**gamma).mean()
