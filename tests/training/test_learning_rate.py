from functools import partial

import pytest
import torch

from brainseg.schedules.cosine import cosine
from brainseg.training.learning_rate import LearningRate


def optimizer(*rates: float) -> torch.optim.Optimizer:
    groups = [{"params": [torch.nn.Parameter(torch.zeros(1))], "lr": rate} for rate in rates]
    return torch.optim.SGD(groups, lr=1.0)


def falling(progress: float) -> float:
    return 1 - progress


def test_it_rises_evenly_then_follows_the_schedule():
    rate = LearningRate(optimizer(1.0), falling, steps=8, warmup_steps=4)
    assert [rate.share(step) for step in range(8)] == pytest.approx([0.25, 0.5, 0.75, 1.0, 1.0, 0.75, 0.5, 0.25])


def test_without_warm_up_the_first_step_has_the_whole_rate():
    rate = LearningRate(optimizer(1.0), falling, steps=4, warmup_steps=0)
    assert [rate.share(step) for step in range(4)] == [1.0, 0.75, 0.5, 0.25]


def test_warm_up_leads_to_the_schedules_first_value():
    rate = LearningRate(optimizer(1.0), lambda _: 0.1, steps=4, warmup_steps=2)
    assert [rate.share(step) for step in range(3)] == pytest.approx([0.05, 0.1, 0.1])


def test_every_group_keeps_its_proportion():
    groups = optimizer(0.4, 0.02)
    rate = LearningRate(groups, falling, steps=4, warmup_steps=0)
    for step, share in ((2, 0.5), (0, 1.0), (3, 0.25)):  # in any order: it depends on the step alone
        rate.set(step)
        assert [group["lr"] for group in groups.param_groups] == [0.4 * share, 0.02 * share]


def test_warm_up_and_cosine_equal_pytorchs():

    ours, theirs = optimizer(0.3), optimizer(0.3)
    rate = LearningRate(ours, partial(cosine, last=0.0), steps=50, warmup_steps=10)
    warm = torch.optim.lr_scheduler.LinearLR(theirs, start_factor=0.1, end_factor=1.0, total_iters=9)
    fall = torch.optim.lr_scheduler.CosineAnnealingLR(theirs, T_max=40)
    scheduler = torch.optim.lr_scheduler.SequentialLR(theirs, [warm, fall], milestones=[10])
    for step in range(50):
        rate.set(step)
        assert ours.param_groups[0]["lr"] == pytest.approx(theirs.param_groups[0]["lr"], rel=1e-6)
        theirs.step()
        scheduler.step()
