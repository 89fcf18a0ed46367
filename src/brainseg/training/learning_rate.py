"""The learning rate, step by step: a rise from nothing at the start, then a schedule."""

from collections.abc import Callable

import torch


class LearningRate:
    """Sets an optimizer's learning rate before each step to a share of what it was built with.

    Over the first `warmup_steps` it rises evenly to the schedule's first value (Goyal et al., arXiv
    1706.02677, section 2.2); the schedule runs over the steps that are left. It depends on the
    step's number alone, so training that was stopped has nothing to remember.
    """

    def __init__(
        self, optimizer: torch.optim.Optimizer, schedule: Callable[[float], float], steps: int, warmup_steps: int
    ) -> None:
        self.optimizer, self.schedule = optimizer, schedule
        self.steps, self.warmup_steps = steps, warmup_steps
        self.full = [group["lr"] for group in optimizer.param_groups]

    def share(self, step: int) -> float:
        """Of the optimizer's own learning rate, in step number `step`, the first being 0."""
        if step < self.warmup_steps:
            return (step + 1) / self.warmup_steps * self.schedule(0.0)
        return self.schedule((step - self.warmup_steps) / (self.steps - self.warmup_steps))

    def set(self, step: int) -> None:
        for group, full in zip(self.optimizer.param_groups, self.full, strict=True):
            group["lr"] = full * self.share(step)
