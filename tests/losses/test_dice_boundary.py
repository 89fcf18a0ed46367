import pytest
import torch

from brainseg.losses.boundary import boundary
from brainseg.losses.dice import dice
from brainseg.losses.dice_boundary import dice_boundary
from tests.losses.small_slices import blobs, drawn, probabilities

REDUCE = pytest.mark.parametrize("reduce", ["batch", "sample"])


def test_hand_computed_halfway():
    # a = 0.25; Dice loss 1 - (1.5 + 1) / (1.25 + 1 + 1); phi is -0.5 0.5
    logits, target = probabilities(0.75, 0.5), drawn("#.")
    found = dice_boundary(logits, target, last_boundary_weight=0.5, smooth=1.0, reduce="batch", progress=0.5).item()
    assert found == pytest.approx(0.75 * (1 - 2.5 / 3.25) + 0.25 * (-0.5 * 0.75 + 0.5 * 0.5) / 2)


@REDUCE
def test_in_the_first_epoch_it_is_dice(reduce):
    logits, target = blobs(0)
    found = dice_boundary(logits, target, last_boundary_weight=0.5, smooth=1.0, reduce=reduce, progress=0.0)
    assert found == dice(logits, target, smooth=1.0, reduce=reduce)


@REDUCE
@pytest.mark.parametrize("weight", [0.1, 0.9])
def test_in_the_last_epoch_the_boundary_has_its_whole_weight(reduce, weight):
    logits, target = blobs(1)
    found = dice_boundary(logits, target, last_boundary_weight=weight, smooth=1.0, reduce=reduce, progress=1.0).item()
    expected = (1 - weight) * dice(logits, target, smooth=1.0, reduce=reduce) + weight * boundary(logits, target)
    assert found == pytest.approx(expected.item(), rel=1e-6)


def test_nothing_predicted_where_nothing_is_costs_0():
    empty = torch.full((2, 1, 8, 8), -40.0)
    target = torch.zeros_like(empty)
    found = dice_boundary(empty, target, last_boundary_weight=0.5, smooth=1.0, reduce="batch", progress=1.0)
    assert found.item() == pytest.approx(0, abs=1e-9)


def test_where_dice_is_flat_the_boundary_still_says_where_to_go():
    target = torch.zeros(1, 1, 10, 30)
    target[..., 3:7, 2:6] = 1
    near, far = (
        dice_boundary(
            60 * (2 * target.roll(by, 3) - 1),
            target,
            last_boundary_weight=0.5,
            smooth=1.0,
            reduce="batch",
            progress=1.0,
        ).item()
        for by in (6, 20)
    )
    assert near < far
