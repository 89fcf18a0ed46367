"""Focal Tversky loss: (1 - TI)^(1 / gamma), TI the Tversky index.

Group: region
Source: Abraham & Khan, ISBI 2019 (arXiv 1810.07842)

With gamma above 1, as in the paper, easy cases keep a slope and hard ones do not dominate. Jadon
prints the exponent gamma, the opposite. The slope is infinite at TI = 1: what is nearer than 1e-6 counts as 1e-6.
"""

from typing import Literal

import torch
from pydantic import Field

from brainseg.core.params import StrictSettings
from brainseg.losses.shared.terms import tversky_index

LEAST = 1e-6


class Settings(StrictSettings):
    fn_weight: float = Field(ge=0, le=1e6)
    fp_weight: float = Field(ge=0, le=1e6)
    gamma: float = Field(gt=0, le=20)
    smooth: float = Field(gt=0, le=1e6)
    reduce: Literal["batch", "sample"]


def focal_tversky(
    logits: torch.Tensor,
    target: torch.Tensor,
    *,
    fn_weight: float,
    fp_weight: float,
    gamma: float,
    smooth: float,
    reduce: str,
) -> torch.Tensor:
    """Scalar float32 loss in 0 ... 1 of logits and target, both (N, 1, H, W).

    reduce="batch" counts over the whole batch, "sample" per slice and averages the losses. An empty
    target with an empty prediction costs next to nothing, LEAST^(1 / gamma).
    """
    index = tversky_index(logits, target, fn_weight, fp_weight, smooth, reduce)
    return ((1 - index).clamp_min(LEAST) ** (1 / gamma)).mean()
