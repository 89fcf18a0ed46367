import pytest
import torch

from brainseg.losses.dice import dice
from brainseg.losses.dice_hausdorff import dice_hausdorff
from brainseg.losses.hausdorff import hausdorff
from tests.losses.small_slices import blobs, drawn, probabilities

REDUCE = pytest.mark.parametrize("reduce", ["batch", "sample"])
DISTANCES = pytest.mark.parametrize("distances", ["both", "truth"])


def test_hand_computed_halfway():
    # Dice loss 1 - (1.5 + 1) / (1.25 + 1 + 1); both distances 1, diagonal squared 5, errors 1/4 and 1/2; a = 5
    logits, target = probabilities(0.75, 0.49), drawn("#.")
    found = dice_hausdorff(
        logits,
        target,
        last_hausdorff_weight=10.0,
        alpha=2.0,
        distances="both",
        smooth=1.0,
        reduce="batch",
        progress=0.5,
    )
    dice_loss = 1 - 2.5 / (0.75 + 0.49 + 1 + 1)
    assert found.item() == pytest.approx(dice_loss + 5 * (0.25**2 * 2 + 0.49**2 * 2) / 5 / 2)


@REDUCE
@DISTANCES
def test_in_the_first_epoch_it_is_dice_and_in_the_last_the_sum(reduce, distances):
    logits, target = blobs(0)
    settings = {"alpha": 2.0, "distances": distances}
    first, last = (
        dice_hausdorff(
            logits, target, last_hausdorff_weight=100.0, smooth=1.0, reduce=reduce, progress=progress, **settings
        )
        for progress in (0.0, 1.0)
    )
    dice_loss = dice(logits, target, smooth=1.0, reduce=reduce)
    assert first == dice_loss
    assert last.item() == pytest.approx((dice_loss + 100 * hausdorff(logits, target, **settings)).item(), rel=1e-6)


@DISTANCES
def test_nothing_predicted_where_nothing_is_costs_0(distances):
    empty = torch.full((2, 1, 8, 8), -40.0)
    found = dice_hausdorff(
        empty,
        torch.zeros_like(empty),
        last_hausdorff_weight=1000.0,
        alpha=2.0,
        distances=distances,
        smooth=1.0,
        reduce="batch",
        progress=1.0,
    )
    assert found.item() == pytest.approx(0, abs=1e-9)
