"""Log-cosh Dice loss: log(cosh(D)), where D is the Dice loss.

Group: region
Source: Jadon, "A survey of loss functions for semantic segmentation", CIBCB 2020, section II (arXiv 2006.14822);
    the report's section 5.4

Its gradient is tanh(D) times that of D: 0.76 of it at D = 1, and less and less as the overlap
grows, so near the end of training it takes smaller steps than Dice at the same learning rate.
"""

from typing import Literal

import torch
from pydantic import Field

from brainseg.core.params import StrictSettings
from brainseg.losses.shared.terms import dice_coefficient


class Settings(StrictSettings):
    smooth: float = Field(gt=0, le=1e6)
    reduce: Literal["batch", "sample"]


def log_cosh_dice(logits: torch.Tensor, target: torch.Tensor, *, smooth: float, reduce: str) -> torch.Tensor:
    """Scalar float32 loss in 0 ... 0.434 of logits and target, both (N, 1, H, W).

    D is the Dice loss of the whole batch, or with reduce="sample" of each slice, and then the
    mean over slices is taken of log(cosh(D)). An empty target with an empty prediction costs 0.
    """
    dice_loss = 1 - dice_coefficient(logits, target, smooth, reduce)
    # cosh(D) = 1 + 2 sinh(D / 2)**2: near D = 0 the logarithm of cosh itself loses every digit
    return torch.log1p(2 * torch.sinh(dice_loss / 2) ** 2).mean()
