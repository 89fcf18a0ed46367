from math import cosh, log, tanh

import pytest
import torch
from monai.losses import DiceLoss

from brainseg.losses.dice import dice
from brainseg.losses.log_cosh_dice import log_cosh_dice

# probabilities 1/2, 3/4 on the lesion of the first slice, 1/4 and 1/2 on the second, which has none
LOGITS = torch.tensor([0.0, log(3), -log(3), 0.0]).view(2, 1, 1, 2)
TARGET = torch.tensor([1.0, 1.0, 0.0, 0.0]).view(2, 1, 1, 2)

REDUCE = pytest.mark.parametrize("reduce", ["batch", "sample"])


def random(lesion: float) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(4, 1, 12, 10, generator=generator)
    return logits, (torch.rand(4, 1, 12, 10, generator=generator) < lesion).float()


def test_hand_computed_over_the_batch():
    # intersection 1.25, sums 2 and 2: D = 1 - (2.5 + 1) / (4 + 1) = 0.3
    assert log_cosh_dice(LOGITS, TARGET, smooth=1.0, reduce="batch").item() == pytest.approx(log(cosh(0.3)))


def test_hand_computed_slice_by_slice():
    # D is 1 - (2.5 + 1) / (3.25 + 1) and 1 - 1 / (0.75 + 1)
    expected = (log(cosh(0.75 / 4.25)) + log(cosh(0.75 / 1.75))) / 2
    assert log_cosh_dice(LOGITS, TARGET, smooth=1.0, reduce="sample").item() == pytest.approx(expected)


def test_a_complete_miss_costs_log_cosh_1():
    found = log_cosh_dice(torch.full((1, 1, 50, 50), -30.0), torch.ones(1, 1, 50, 50), smooth=1e-5, reduce="batch")
    assert found.item() == pytest.approx(log(cosh(1)))


@REDUCE
@pytest.mark.parametrize("smooth", [1e-3, 1.0, 100.0])
def test_nothing_predicted_where_nothing_is_costs_0(reduce, smooth):
    empty = torch.full((2, 1, 8, 8), -30.0)
    found = log_cosh_dice(empty, torch.zeros_like(empty), smooth=smooth, reduce=reduce)
    assert found.item() == pytest.approx(0, abs=1e-9)


@REDUCE
@pytest.mark.parametrize("lesion", [0.0, 0.1, 1.0])
def test_value_is_log_cosh_of_the_dice_loss_and_of_monais(reduce, lesion):
    logits, target = random(lesion)
    parts = [slice(None)] if reduce == "batch" else [slice(number, number + 1) for number in range(4)]
    monai = DiceLoss(sigmoid=True, batch=True, smooth_nr=1.0, smooth_dr=1.0)
    found = log_cosh_dice(logits, target, smooth=1.0, reduce=reduce).item()
    for measured in (lambda *pair: dice(*pair, smooth=1.0, reduce="batch"), monai):
        losses = torch.stack([measured(logits[part], target[part]) for part in parts]).double()
        assert found == pytest.approx(losses.cosh().log().mean().item(), rel=1e-5, abs=1e-9)


@pytest.mark.parametrize("logit", [6.0, 7.0, 8.0, 9.0])
def test_close_to_the_truth_no_digit_is_lost(logit):
    target = torch.zeros(1, 1, 16, 16)
    target[..., :8, :] = 1
    logits = logit * (2 * target - 1)
    near = dice(logits, target, smooth=1.0, reduce="batch").item()
    assert 1e-4 < near < 3e-3
    found = log_cosh_dice(logits, target, smooth=1.0, reduce="batch").item()
    assert found == pytest.approx(log(cosh(near)), rel=1e-5, abs=0)


@REDUCE
@pytest.mark.parametrize("lesion", [0.0, 0.1, 1.0])
def test_gradient_is_tanh_of_the_dice_loss_times_its_gradient(reduce, lesion):
    logits, target = random(lesion)
    ours, theirs = logits.clone().requires_grad_(), logits.clone().requires_grad_()
    log_cosh_dice(ours, target, smooth=1.0, reduce=reduce).backward()
    if reduce == "batch":
        value = dice(theirs, target, smooth=1.0, reduce="batch")
        (value * tanh(value.item())).backward()
    else:
        values = [dice(theirs[n : n + 1], target[n : n + 1], smooth=1.0, reduce="batch") for n in range(4)]
        sum(value * tanh(value.item()) / 4 for value in values).backward()
    torch.testing.assert_close(ours.grad, theirs.grad, atol=1e-9, rtol=1e-5)
