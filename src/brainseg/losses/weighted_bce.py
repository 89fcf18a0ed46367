"""Cross-entropy with a weight on lesion: -mean(b y log p + (1 - y) log(1 - p)).

Group: distribution
Source: Pihur, Datta & Datta, Bioinformatics 2007, as listed by Jadon, CIBCB 2020, section II (arXiv 2006.14822)

The weight is b itself, above 1 to favour the lesion. Jadon's code weighs with b / (1 - b) at b = 0.25, which
weighs lesion *down*, to a third: not followed.
"""

import torch
from pydantic import Field

from brainseg.core.params import StrictSettings
from brainseg.losses.shared.terms import weighted_cross_entropy


class Settings(StrictSettings):
    lesion_weight: float = Field(gt=0, le=1e6)


def weighted_bce(logits: torch.Tensor, target: torch.Tensor, *, lesion_weight: float) -> torch.Tensor:
    """Scalar float32 loss of logits and target, both (N, 1, H, W), averaged over all pixels.

    An empty target costs its plain cross-entropy.
    """
    return weighted_cross_entropy(logits, target, lesion_weight, 1.0)
