"""Stochastic gradient descent with momentum, Nesterov's form of it, and weight decay.

Source: Sutskever, Martens, Dahl & Hinton, ICML 2013; the report's section 7
"""

from collections.abc import Iterable

import torch
from pydantic import Field, model_validator

from brainseg.core.params import StrictSettings


class Settings(StrictSettings):
    lr: float = Field(gt=0, le=100)
    momentum: float = Field(ge=0, lt=1)
    nesterov: bool
    weight_decay: float = Field(ge=0, le=100)

    @model_validator(mode="after")
    def _nesterov_needs_momentum(self) -> "Settings":
        if self.nesterov and self.momentum == 0:
            raise ValueError("nesterov is true; it needs a momentum above 0")
        return self


def sgd(
    parameters: Iterable[torch.nn.Parameter], *, lr: float, momentum: float, nesterov: bool, weight_decay: float
) -> torch.optim.Optimizer:
    return torch.optim.SGD(parameters, lr=lr, momentum=momentum, nesterov=nesterov, weight_decay=weight_decay)
