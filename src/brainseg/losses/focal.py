"""Focal loss: -mean(a_t (1 - p_t)^gamma log p_t), which looks away from what is right already.

Group: distribution
Source: Lin et al., "Focal loss for dense object detection", ICCV 2017, section 3 (arXiv 1708.02002)

p_t is the probability given to what is true, a_t is alpha on lesion and 1 - alpha elsewhere. The paper's
alpha of 0.25 weighs the rare kind *down*, tuned for a detector whose last layer starts at 1 % of foreground;
a segmentation network starts near one half, and background is 98 % of pixels: so 0.75 here.
"""

import torch
from pydantic import Field

from brainseg.core.params import StrictSettings
from brainseg.losses.shared.terms import focal_cross_entropy


class Settings(StrictSettings):
    alpha: float = Field(gt=0, lt=1)
    gamma: float = Field(ge=1, le=20)  # below, the slope at p_t = 1 is infinite


def focal(logits: torch.Tensor, target: torch.Tensor, *, alpha: float, gamma: float) -> torch.Tensor:
    """Scalar float32 loss of logits and target, both (N, 1, H, W), averaged over all pixels.

    An empty target is a target like any other.
    """
    return focal_cross_entropy(logits, target, alpha, gamma)
