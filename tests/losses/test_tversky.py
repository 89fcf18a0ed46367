import pytest
import torch
from monai.losses import TverskyLoss

from brainseg.losses.dice import dice
from brainseg.losses.tversky import tversky
from tests.losses.small_slices import blobs, drawn, probabilities

REDUCE = pytest.mark.parametrize("reduce", ["batch", "sample"])


def test_hand_computed():
    # TP 0.75, FN 0.25, FP 0.5: 1 - (0.75 + 1) / (0.75 + 0.7 * 0.25 + 0.3 * 0.5 + 1)
    found = tversky(probabilities(0.75, 0.5), drawn("#."), fn_weight=0.7, fp_weight=0.3, smooth=1.0, reduce="batch")
    assert found.item() == pytest.approx(1 - 1.75 / 2.075)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("fn_weight", "fp_weight"), [(0.7, 0.3), (0.2, 0.8), (1.0, 1.0)])
@REDUCE
def test_equals_monais_whose_alpha_weighs_what_is_too_much(seed, fn_weight, fp_weight, reduce):
    logits, target = blobs(seed)
    monai = TverskyLoss(
        sigmoid=True, alpha=fp_weight, beta=fn_weight, smooth_nr=1.0, smooth_dr=1.0, batch=reduce == "batch"
    )
    found = tversky(logits, target, fn_weight=fn_weight, fp_weight=fp_weight, smooth=1.0, reduce=reduce)
    assert found.item() == pytest.approx(monai(logits.double(), target.double()).item(), rel=1e-6)


@REDUCE
def test_with_one_half_each_it_is_dice_smoothed_twice_as_much(reduce):
    logits, target = blobs(3)
    found = tversky(logits, target, fn_weight=0.5, fp_weight=0.5, smooth=2.0, reduce=reduce)
    assert found.item() == pytest.approx(dice(logits, target, smooth=4.0, reduce=reduce).item(), rel=1e-6)


def test_a_miss_costs_more_than_an_excess_of_the_same_size():
    target = drawn("####....")
    missed, added = drawn("###....."), drawn("#####...")
    costs = [
        tversky(60 * (2 * mask - 1), target, fn_weight=0.7, fp_weight=0.3, smooth=1.0, reduce="batch").item()
        for mask in (missed, added)
    ]
    assert costs == pytest.approx([1 - 4 / 4.7, 1 - 5 / 5.3])


@REDUCE
def test_nothing_predicted_where_nothing_is_costs_0(reduce):
    empty = torch.full((2, 1, 8, 8), -40.0)
    found = tversky(empty, torch.zeros_like(empty), fn_weight=0.7, fp_weight=0.3, smooth=1.0, reduce=reduce)
    assert found.item() == pytest.approx(0, abs=1e-9)
