import pytest
import torch
from monai.losses import DiceLoss

from brainseg.losses.dice import dice
from brainseg.losses.iou import iou
from tests.losses.small_slices import blobs, drawn, in_float64, probabilities

REDUCE = pytest.mark.parametrize("reduce", ["batch", "sample"])


def test_hand_computed():
    # intersection 0.75, sums 1.25 and 1: 1 - (0.75 + 1) / (1.5 + 1)
    found = iou(probabilities(0.75, 0.5), drawn("#."), smooth=1.0, reduce="batch").item()
    assert found == pytest.approx(1 - 1.75 / 2.5)


@REDUCE
@pytest.mark.parametrize("smooth", [1e-5, 1.0, 50.0])
def test_equals_its_formula_in_float64(reduce, smooth):
    logits, target = blobs(0)
    p, y = in_float64(logits, target)
    axes = (0, 1, 2) if reduce == "batch" else (1, 2)
    both = (p * y).sum(axes)
    expected = (1 - (both + smooth) / (p.sum(axes) + y.sum(axes) - both + smooth)).mean()
    assert iou(logits, target, smooth=smooth, reduce=reduce).item() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_equals_monais_which_smooths_twice_the_fraction(seed):
    # MONAI's is (2 I + s) / (2 (P + Y - I) + s), ours (I + s) / (P + Y - I + s)
    logits, target = blobs(seed)
    monai = DiceLoss(sigmoid=True, jaccard=True, batch=True, smooth_nr=2.0, smooth_dr=2.0)
    expected = monai(logits.double(), target.double()).item()
    assert iou(logits, target, smooth=1.0, reduce="batch").item() == pytest.approx(expected, rel=1e-6)


def test_without_smoothing_it_is_two_dice_over_one_plus_dice():
    logits, target = blobs(2)
    dice_loss = dice(logits, target, smooth=1e-9, reduce="batch").item()
    found = iou(logits, target, smooth=1e-9, reduce="batch").item()
    assert found == pytest.approx(2 * dice_loss / (1 + dice_loss), rel=1e-6)


@REDUCE
def test_nothing_predicted_where_nothing_is_costs_0(reduce):
    empty = torch.full((2, 1, 8, 8), -40.0)
    assert iou(empty, torch.zeros_like(empty), smooth=1.0, reduce=reduce).item() == pytest.approx(0, abs=1e-9)
