import pytest
import torch

from brainseg.losses.focal_tversky import focal_tversky
from brainseg.losses.tversky import tversky
from tests.losses.small_slices import blobs, drawn, probabilities

WEIGHTS = {"fn_weight": 0.7, "fp_weight": 0.3, "smooth": 1.0}
REDUCE = pytest.mark.parametrize("reduce", ["batch", "sample"])


def test_hand_computed():
    # TI = 1.75 / 2.075, see test_tversky.py; to the power of 3/4
    found = focal_tversky(probabilities(0.75, 0.5), drawn("#."), gamma=4 / 3, reduce="batch", **WEIGHTS)
    assert found.item() == pytest.approx((1 - 1.75 / 2.075) ** 0.75)


@REDUCE
@pytest.mark.parametrize("gamma", [0.5, 1.0, 4 / 3, 2.0])
def test_value_is_the_tversky_loss_to_a_power(reduce, gamma):
    logits, target = blobs(0)
    parts = [slice(None)] if reduce == "batch" else [slice(number, number + 1) for number in range(len(target))]
    losses = [tversky(logits[part], target[part], reduce="batch", **WEIGHTS).double() for part in parts]
    expected = (torch.stack(losses) ** (1 / gamma)).mean().item()
    found = focal_tversky(logits, target, gamma=gamma, reduce=reduce, **WEIGHTS).item()
    assert found == pytest.approx(expected, rel=1e-6)


def test_above_1_what_is_nearly_right_retains_more_slope_than_with_tversky():
    target = drawn("####....")
    slopes = []
    for loss in (tversky, lambda *pair, **given: focal_tversky(*pair, gamma=4 / 3, **given)):
        logits = (5 * (2 * target - 1)).requires_grad_()
        loss(logits, target, reduce="batch", **WEIGHTS).backward()
        slopes.append(logits.grad.abs().sum().item())
    assert slopes[1] > 1.5 * slopes[0]


@REDUCE
def test_at_the_truth_the_slope_is_finite_and_the_value_next_to_nothing(reduce):
    target = drawn("##../....", "..../....")
    logits = (100 * (2 * target - 1)).requires_grad_()
    value = focal_tversky(logits, target, gamma=4 / 3, reduce=reduce, **WEIGHTS)
    value.backward()
    assert value.item() == pytest.approx(1e-6**0.75, rel=1e-3)
    assert logits.grad.isfinite().all()
