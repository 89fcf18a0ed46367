from math import log

import numpy as np
import pytest
import torch

from brainseg.losses.bce import bce
from brainseg.losses.combo import combo
from brainseg.losses.dice import dice
from tests.losses.small_slices import blobs, drawn, in_float64, probabilities

REDUCE = pytest.mark.parametrize("reduce", ["batch", "sample"])


def test_hand_computed():
    # BCE_b = (0.7 log(4/3) + 0.3 log 2) / 2; Dice = (2 * 0.75 + 1) / (1.25 + 1 + 1)
    found = combo(probabilities(0.75, 0.5), drawn("#."), bce_weight=0.4, lesion_weight=0.7, smooth=1.0, reduce="batch")
    assert found.item() == pytest.approx(0.4 * (0.7 * log(4 / 3) + 0.3 * log(2)) / 2 - 0.6 * 2.5 / 3.25)


@REDUCE
@pytest.mark.parametrize("lesion_weight", [0.2, 0.5, 0.9])
def test_equals_its_formula_in_float64(reduce, lesion_weight):
    logits, target = blobs(0)
    p, y = in_float64(logits, target)
    axes = (0, 1, 2) if reduce == "batch" else (1, 2)
    entropy = -np.mean(lesion_weight * y * np.log(p) + (1 - lesion_weight) * (1 - y) * np.log(1 - p))
    coefficient = ((2 * (p * y).sum(axes) + 1) / (p.sum(axes) + y.sum(axes) + 1)).mean()
    found = combo(logits, target, bce_weight=0.3, lesion_weight=lesion_weight, smooth=1.0, reduce=reduce).item()
    assert found == pytest.approx(0.3 * entropy - 0.7 * coefficient, rel=1e-6, abs=5e-8)


@REDUCE
def test_with_equal_weights_it_is_half_the_cross_entropy_and_the_dice_loss_less_a_constant(reduce):
    logits, target = blobs(1)
    found = combo(logits, target, bce_weight=0.5, lesion_weight=0.5, smooth=1.0, reduce=reduce).item()
    dice_loss = dice(logits, target, smooth=1.0, reduce=reduce).item()
    assert found == pytest.approx(0.25 * bce(logits, target).item() + 0.5 * dice_loss - 0.5, abs=1e-6)


@REDUCE
@pytest.mark.parametrize("target", [drawn("..../...."), drawn(".##./...."), drawn("####/####")])
def test_the_truth_costs_the_least_there_is(reduce, target):
    found = combo(60 * (2 * target - 1), target, bce_weight=0.3, lesion_weight=0.5, smooth=1.0, reduce=reduce)
    assert found.item() == pytest.approx(0.3 - 1)
    assert found <= combo(
        torch.randn(target.shape), target, bce_weight=0.3, lesion_weight=0.5, smooth=1.0, reduce=reduce
    )
