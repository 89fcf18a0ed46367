"""Binary cross-entropy: -mean(y log p + (1 - y) log(1 - p)).

Group: distribution
Source: The report's section 5.2
"""

import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from brainseg.core.params import StrictSettings


class Settings(StrictSettings):
    pass


def bce(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Scalar float32 loss of logits and target, both (N, 1, H, W), averaged over all pixels.

    Computed from logits, so that a saturated one gives a large loss and not infinity. An
    empty target is a target like any other.
    """
    with torch.autocast(logits.device.type, enabled=False):
        return binary_cross_entropy_with_logits(logits.float(), target.float())
