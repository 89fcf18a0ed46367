"""The learning rate at each step: a warm-up from 0, then a schedule."""

from collections.abc import Callable

import torch
from torch.optim.lr_scheduler import LambdaLR


def lr_scheduler(
    optimizer: torch.optim.Optimizer, schedule: Callable[[float], float], steps: int, warmup_steps: int
) -> LambdaLR:
    """A scheduler to be stepped after each step of the optimizer; it multiplies the optimizer's own learning rates.

    Over the first `warmup_steps` the factor rises linearly to the schedule's first value (Goyal et al., arXiv
    1706.02677, section 2.2); the schedule runs over the rest of the `steps`.
    """

    def factor(step: int) -> float:
        if step < warmup_steps:
            return (step + 1) / warmup_steps * schedule(0.0)
        return schedule((step - warmup_steps) / (steps - warmup_steps))

    return LambdaLR(optimizer, factor)
