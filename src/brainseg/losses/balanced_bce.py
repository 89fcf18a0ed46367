"""Cross-entropy that gives lesion and background equal say: -mean(b y log p + (1 - b) (1 - y) log(1 - p)).

Group: distribution
Source: Xie & Tu, "Holistically-nested edge detection", ICCV 2015, section 2.2 (arXiv 1504.06375)

b is the share of background. The paper takes it from each image; here it is that of all training
masks, and clamped away from 0 and 1, as in a batch without lesion it would be 1 and the loss 0.
"""

import torch
from pydantic import Field

from brainseg.core.params import StrictSettings
from brainseg.losses.shared.terms import weighted_cross_entropy


class Settings(StrictSettings):
    least_weight: float = Field(gt=0, le=0.5)


def balanced_bce(
    logits: torch.Tensor, target: torch.Tensor, *, least_weight: float, lesion_share: float
) -> torch.Tensor:
    """Scalar float32 loss of logits and target, both (N, 1, H, W), averaged over all pixels.

    `lesion_share`, 1 - b, is a fact of the training. An empty target costs its cross-entropy times
    the weight of background.
    """
    background_weight = min(max(lesion_share, least_weight), 1 - least_weight)
    return weighted_cross_entropy(logits, target, 1 - background_weight, background_weight)
