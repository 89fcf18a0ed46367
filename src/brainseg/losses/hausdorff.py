"""Hausdorff loss: mean((y - p)^2 (d_y^alpha + d_p^alpha)), errors far from the contours cost most.

Group: boundary
Source: Karimi & Salcudean, "Reducing the Hausdorff distance", IEEE TMI 2020 (arXiv 1904.10030)

d is the Euclidean distance to the contour of the truth, and of the prediction p > 0.5, over the slice's
diagonal, so that values do not grow with the size of slices; MONAI's are in pixels. With distances="truth" the
prediction's is left out, the paper's one-sided form.
"""

from typing import Literal

import torch
from pydantic import Field

from brainseg.core.params import StrictSettings
from brainseg.losses.shared.terms import hausdorff_term


class Settings(StrictSettings):
    alpha: float = Field(gt=0, le=10)
    distances: Literal["both", "truth"]


def hausdorff(logits: torch.Tensor, target: torch.Tensor, *, alpha: float, distances: str) -> torch.Tensor:
    """Scalar float32 loss of logits and target, both (N, 1, H, W), averaged over all pixels.

    The distances are constants for the gradient. A mask without contour, empty or full, has distance 0: with an
    empty target only the prediction's counts, and with neither the loss is 0. So it is meant beside Dice.
    """
    return hausdorff_term(logits, target, alpha, distances)
