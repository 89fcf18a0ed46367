"""Shape-aware loss: cross-entropy that weighs wrong pixels more, the further the outline is off.

    mean((1 + weight E [pixel wrongly labelled]) (-y log p - (1 - y) log(1 - p)))

Group: boundary
Source: Al Arif, Knapp & Slabaugh, "Shape-aware deep convolutional neural network for vertebrae segmentation",
    MSKI 2017, section 3.2; the report's section 5.3

In the paper E is the mean distance from the predicted to the true contour, and weighs the pixels that the two
masks label differently.
"""

import torch
from pydantic import Field
from torch.nn.functional import binary_cross_entropy_with_logits

from brainseg.core.params import StrictSettings
from brainseg.losses.shared.distances import mean_contour_distance_px


class Settings(StrictSettings):
    weight: float = Field(ge=0, le=1e6)


def shape_aware(logits: torch.Tensor, target: torch.Tensor, *, weight: float) -> torch.Tensor:
    """Scalar float32 loss of logits and target, both (N, 1, H, W), averaged over all pixels.

    E is a slice's own: the mean Euclidean distance, in pixels of the network's grid, from the
    contour of the mask p > 0.5 to that of the target, and 0 where either has none. So an empty
    target or an empty prediction costs its cross-entropy. For the gradient E is a constant.
    """
    with torch.autocast(logits.device.type, enabled=False):
        logits, target = logits.float(), target.float()
        predicted, true = logits.detach()[:, 0] > 0, target[:, 0] > 0.5
        distance_px = mean_contour_distance_px(predicted, true)
        pixel_weight = 1 + weight * distance_px[:, None, None] * (predicted != true)
        return binary_cross_entropy_with_logits(logits, target, weight=pixel_weight[:, None])
