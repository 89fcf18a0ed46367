"""Adam with weight decay apart from the gradient: every step also shrinks the weights by lr times the decay.

Source: Loshchilov & Hutter, "Decoupled weight decay regularization", ICLR 2019 (arXiv 1711.05101)
"""

from collections.abc import Iterable

import torch
from pydantic import Field

from brainseg.core.params import StrictSettings


class Settings(StrictSettings):
    lr: float = Field(gt=0, le=100)
    beta1: float = Field(ge=0, lt=1)
    beta2: float = Field(ge=0, lt=1)
    weight_decay: float = Field(ge=0, le=100)


def adamw(
    parameters: Iterable[torch.nn.Parameter], *, lr: float, beta1: float, beta2: float, weight_decay: float
) -> torch.optim.Optimizer:
    return torch.optim.AdamW(parameters, lr=lr, betas=(beta1, beta2), weight_decay=weight_decay)
