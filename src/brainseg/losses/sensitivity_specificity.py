"""Squared errors on lesion and on background, each over its own share: r E_lesion + (1 - r) E_background.

    E_lesion = sum((y - p)^2 y) / (sum(y) + s),  E_background = sum((y - p)^2 (1 - y)) / (sum(1 - y) + s)

Group: region
Source: Brosch et al., "Deep convolutional encoder networks for multiple sclerosis lesion segmentation", MICCAI 2015

Sums are over the whole batch. Jadon prints a score of the same name, to be maximised; this is the loss.
"""

import torch
from pydantic import Field

from brainseg.core.params import StrictSettings


class Settings(StrictSettings):
    lesion_weight: float = Field(gt=0, lt=1)
    smooth: float = Field(gt=0, le=1e6)


def sensitivity_specificity(
    logits: torch.Tensor, target: torch.Tensor, *, lesion_weight: float, smooth: float
) -> torch.Tensor:
    """Scalar float32 loss in 0 ... 1 of logits and target, both (N, 1, H, W).

    An empty target costs its background's errors alone, thanks to `smooth`, in pixels.
    """
    with torch.autocast(logits.device.type, enabled=False):
        target = target.float()
        error = (target - logits.float().sigmoid()) ** 2
        on_lesion = (error * target).sum() / (target.sum() + smooth)
        on_background = (error * (1 - target)).sum() / ((1 - target).sum() + smooth)
        return lesion_weight * on_lesion + (1 - lesion_weight) * on_background
