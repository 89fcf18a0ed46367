from math import log

import pytest
import torch
from monai.losses import DiceLoss

from brainseg.losses.dice import dice

# probabilities 1/2, 3/4 on the lesion of the first slice, 1/4 and 1/2 on the second, which has none
LOGITS = torch.tensor([0.0, log(3), -log(3), 0.0]).view(2, 1, 1, 2)
TARGET = torch.tensor([1.0, 1.0, 0.0, 0.0]).view(2, 1, 1, 2)


def test_hand_computed_over_the_batch():
    # intersection 1.25, sums 2 and 2: 1 - (2.5 + 1) / (4 + 1)
    assert dice(LOGITS, TARGET, smooth=1.0, reduce="batch").item() == pytest.approx(0.3)


def test_hand_computed_slice_by_slice():
    # 1 - (2.5 + 1) / (3.25 + 1) and 1 - 1 / (0.75 + 1)
    expected = ((1 - 3.5 / 4.25) + (1 - 1 / 1.75)) / 2
    assert dice(LOGITS, TARGET, smooth=1.0, reduce="sample").item() == pytest.approx(expected)


@pytest.mark.parametrize("smooth", [1e-3, 1.0, 100.0])
def test_nothing_predicted_where_nothing_is_costs_0(smooth):
    empty = torch.full((2, 1, 8, 8), -30.0)
    assert dice(empty, torch.zeros_like(empty), smooth=smooth, reduce="batch").item() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("smooth", [1e-5, 1.0, 50.0])
@pytest.mark.parametrize("reduce", ["batch", "sample"])
@pytest.mark.parametrize("lesion", [0.0, 0.1, 1.0])
def test_value_and_gradient_equal_monai(smooth, reduce, lesion):
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(4, 1, 12, 10, generator=generator)
    target = (torch.rand(4, 1, 12, 10, generator=generator) < lesion).float()
    ours, theirs = logits.clone().requires_grad_(), logits.clone().requires_grad_()
    monai = DiceLoss(sigmoid=True, batch=reduce == "batch", smooth_nr=smooth, smooth_dr=smooth)
    value, expected = dice(ours, target, smooth=smooth, reduce=reduce), monai(theirs, target)
    value.backward()
    expected.backward()
    assert value.item() == pytest.approx(expected.item(), abs=1e-6)
    torch.testing.assert_close(ours.grad, theirs.grad, atol=1e-6, rtol=1e-4)
