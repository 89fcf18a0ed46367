from functools import partial

import pytest
import torch

from brainseg.schedules.cosine import cosine
from brainseg.training.learning_rate import lr_scheduler


def optimizer(*rates: float) -> torch.optim.Optimizer:
    groups = [{"params": [torch.nn.Parameter(torch.zeros(1))], "lr": rate} for rate in rates]
    return torch.optim.SGD(groups, lr=1.0)


def falling(progress: float) -> float:
    return 1 - progress


def rates(stepped: torch.optim.Optimizer, schedule, steps: int, warmup_steps: int) -> list[list[float]]:
    """Of each group, in each step."""
    scheduler = lr_scheduler(stepped, schedule, steps, warmup_steps)
    found = []
    for _ in range(steps):
        found.append([group["lr"] for group in stepped.param_groups])
        stepped.step()
        scheduler.step()
    return found


def test_it_rises_evenly_then_follows_the_schedule():
    found = rates(optimizer(1.0), falling, steps=8, warmup_steps=4)
    assert [rate for [rate] in found] == pytest.approx([0.25, 0.5, 0.75, 1.0, 1.0, 0.75, 0.5, 0.25])


def test_without_warm_up_the_first_step_has_the_whole_rate():
    assert rates(optimizer(1.0), falling, steps=4, warmup_steps=0) == [[1.0], [0.75], [0.5], [0.25]]


def test_warm_up_leads_to_the_schedules_first_value():
    found = rates(optimizer(1.0), lambda _: 0.1, steps=3, warmup_steps=2)
    assert [rate for [rate] in found] == pytest.approx([0.05, 0.1, 0.1])


def test_every_group_retains_its_proportion():
    found = rates(optimizer(0.4, 0.02), falling, steps=4, warmup_steps=0)
    assert found == [[0.4 * share, 0.02 * share] for share in (1.0, 0.75, 0.5, 0.25)]


def test_warm_up_and_cosine_equal_pytorchs():
    theirs = optimizer(0.3)
    warm = torch.optim.lr_scheduler.LinearLR(theirs, start_factor=0.1, end_factor=1.0, total_iters=9)
    fall = torch.optim.lr_scheduler.CosineAnnealingLR(theirs, T_max=40)
    scheduler = torch.optim.lr_scheduler.SequentialLR(theirs, [warm, fall], milestones=[10])
    for [ours] in rates(optimizer(0.3), partial(cosine, last=0.0), steps=50, warmup_steps=10):
        assert ours == pytest.approx(theirs.param_groups[0]["lr"], rel=1e-6)
        theirs.step()
        scheduler.step()
