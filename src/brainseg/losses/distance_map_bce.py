"""Cross-entropy that weighs pixels near the true contour more: mean((1 + w phi) BCE).

Group: distribution
Source: Caliva et al., "Distance map loss penalty term", MIDL 2019 (arXiv 1908.03679)

phi is the reversed distance to the contour of the target, from 1 beside it down to nearly 0 at the slice's
farthest pixel. Dividing by the largest distance, as code often does, fails where there is no contour; phi is 0 there.
"""

import torch
from pydantic import Field
from torch.nn.functional import binary_cross_entropy_with_logits

from brainseg.core.params import StrictSettings
from brainseg.losses.shared.distances import distance_to_contour_px


class Settings(StrictSettings):
    weight: float = Field(ge=0, le=1e6)


def distance_map_bce(logits: torch.Tensor, target: torch.Tensor, *, weight: float) -> torch.Tensor:
    """Scalar float32 loss of logits and target, both (N, 1, H, W), averaged over all pixels.

    An empty target, or a full one, costs its plain cross-entropy.
    """
    with torch.autocast(logits.device.type, enabled=False):
        logits, target = logits.float(), target.float()
        distance_px = distance_to_contour_px(target[:, 0] > 0.5)
        farthest_px = distance_px.amax((1, 2), keepdim=True).clamp_min(1)
        near = torch.where(distance_px > 0, 1 - (distance_px - 1) / farthest_px, 0.0)
        return binary_cross_entropy_with_logits(logits, target, weight=1 + weight * near[:, None])
