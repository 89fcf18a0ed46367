"""Tversky loss: 1 - (TP + s) / (TP + a FN + b FP + s), which can count a miss for more than an excess.

Group: region
Source: Salehi, Erdogmus & Gholipour, MLMI 2017 (arXiv 1706.05721)

Sources clash on which weight is alpha: the paper and MONAI weigh FP with it, Jadon FN. So the names here say it.
With one half each and half the smoothing it is the Dice loss.
"""

from typing import Literal

import torch
from pydantic import Field

from brainseg.core.params import StrictSettings
from brainseg.losses.shared.terms import tversky_index


class Settings(StrictSettings):
    fn_weight: float = Field(ge=0, le=1e6)
    fp_weight: float = Field(ge=0, le=1e6)
    smooth: float = Field(gt=0, le=1e6)
    reduce: Literal["batch", "sample"]


def tversky(
    logits: torch.Tensor, target: torch.Tensor, *, fn_weight: float, fp_weight: float, smooth: float, reduce: str
) -> torch.Tensor:
    """Scalar float32 loss in 0 ... 1 of logits and target, both (N, 1, H, W).

    reduce="batch" counts over the whole batch, "sample" per slice and averages the losses. An
    empty target with an empty prediction costs 0, thanks to `smooth`.
    """
    return (1 - tversky_index(logits, target, fn_weight, fp_weight, smooth, reduce)).mean()
