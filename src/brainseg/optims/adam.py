"""Adam: steps of a size of their own for every weight, from running means of its gradient.

Source: Kingma & Ba, "Adam: a method for stochastic optimization", ICLR 2015 (arXiv 1412.6980); the report's section 7

Its weight decay is added to the gradient; adamw keeps the two apart.
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


def adam(
    parameters: Iterable[torch.nn.Parameter], *, lr: float, beta1: float, beta2: float, weight_decay: float
) -> torch.optim.Optimizer:
    return torch.optim.Adam(parameters, lr=lr, betas=(beta1, beta2), weight_decay=weight_decay)
