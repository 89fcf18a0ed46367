from math import log

import pytest
import torch
from monai.losses import DiceLoss
from torch.nn.functional import binary_cross_entropy_with_logits

from brainseg.losses.dice_bce import dice_bce
from tests.losses.small_slices import blobs, drawn, probabilities

REDUCE = pytest.mark.parametrize("reduce", ["batch", "sample"])


def test_hand_computed():
    # Dice loss 1 - 2.5 / 3.25, cross-entropy (log(4/3) + log 2) / 2
    logits, target = probabilities(0.75, 0.5), drawn("#.")
    found = dice_bce(logits, target, dice_weight=2.0, bce_weight=0.5, smooth=1.0, reduce="batch").item()
    assert found == pytest.approx(2 * (1 - 2.5 / 3.25) + 0.5 * (log(4 / 3) + log(2)) / 2)


@REDUCE
@pytest.mark.parametrize("seed", range(3))
def test_equals_the_sum_of_monais_dice_and_pytorchs_cross_entropy(reduce, seed):
    logits, target = blobs(seed)
    monai = DiceLoss(sigmoid=True, batch=reduce == "batch", smooth_nr=1.0, smooth_dr=1.0)
    pair = logits.double(), target.double()
    expected = 0.7 * monai(*pair) + 1.5 * binary_cross_entropy_with_logits(*pair)
    found = dice_bce(logits, target, dice_weight=0.7, bce_weight=1.5, smooth=1.0, reduce=reduce)
    assert found.item() == pytest.approx(expected.item(), rel=1e-6)


@REDUCE
def test_nothing_predicted_where_nothing_is_costs_0(reduce):
    empty = torch.full((2, 1, 8, 8), -40.0)
    found = dice_bce(empty, torch.zeros_like(empty), dice_weight=1.0, bce_weight=1.0, smooth=1.0, reduce=reduce)
    assert found.item() == pytest.approx(0, abs=1e-9)
