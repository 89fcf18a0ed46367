from math import log

import pytest
import torch
from monai.losses import DiceFocalLoss

from brainseg.losses.dice_focal import dice_focal
from tests.losses.small_slices import blobs, drawn, probabilities

REDUCE = pytest.mark.parametrize("reduce", ["batch", "sample"])
FOCAL = {"alpha": 0.75, "gamma": 2.0}


def test_hand_computed():
    # Dice loss 1 - 2.5 / 3.25; focal (0.75 (1/4)^2 log(4/3) + 0.25 (1/2)^2 log 2) / 2
    logits, target = probabilities(0.75, 0.5), drawn("#.")
    found = dice_focal(logits, target, dice_weight=2.0, focal_weight=3.0, smooth=1.0, reduce="batch", **FOCAL).item()
    of_focal = (0.75 * 0.0625 * log(4 / 3) + 0.25 * 0.25 * log(2)) / 2
    assert found == pytest.approx(2 * (1 - 2.5 / 3.25) + 3 * of_focal)


@REDUCE
@pytest.mark.parametrize("seed", range(3))
def test_equals_monais(reduce, seed):
    logits, target = blobs(seed)
    monai = DiceFocalLoss(
        sigmoid=True, batch=reduce == "batch", smooth_nr=1.0, smooth_dr=1.0, lambda_dice=0.7, lambda_focal=1.5, **FOCAL
    )
    found = dice_focal(logits, target, dice_weight=0.7, focal_weight=1.5, smooth=1.0, reduce=reduce, **FOCAL)
    assert found.item() == pytest.approx(monai(logits.double(), target.double()).item(), rel=1e-6)


@REDUCE
def test_nothing_predicted_where_nothing_is_costs_0(reduce):
    empty = torch.full((2, 1, 8, 8), -40.0)
    target = torch.zeros_like(empty)
    found = dice_focal(empty, target, dice_weight=1.0, focal_weight=1.0, smooth=1.0, reduce=reduce, **FOCAL)
    assert found.item() == pytest.approx(0, abs=1e-9)
