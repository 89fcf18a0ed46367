from math import log

import numpy as np
import pytest
import torch
from scipy.ndimage import binary_erosion, distance_transform_edt, gaussian_filter

from brainseg.losses.bce import bce
from brainseg.losses.shape_aware import shape_aware
from tests.losses.small_slices import drawn

THREE_QUARTERS = log(3)  # the logit of this probability


def three_quarters_sure(mask: torch.Tensor) -> torch.Tensor:
    return THREE_QUARTERS * (2 * mask - 1)


def smooth(seed: int, threshold: float | None = None) -> torch.Tensor:
    """Five slices of 20 x 26 pixels: logits, or above the threshold masks, with smooth outlines."""
    noise = gaussian_filter(np.random.default_rng(seed).standard_normal((5, 1, 20, 26)), (0, 0, 2, 2))
    field = torch.from_numpy(noise / noise.std()).float()
    return field if threshold is None else (field > threshold).float()


def pixel_weights(logits: torch.Tensor, target: torch.Tensor, weight: float) -> torch.Tensor:
    """1 + weight E [wrong], float64, with everything from scipy."""
    weights = np.ones(logits.shape)
    pairs = zip(logits.detach()[:, 0].numpy() > 0, target[:, 0].numpy() > 0.5, strict=True)
    for number, (predicted, true) in enumerate(pairs):
        here, there = (mask & ~binary_erosion(mask) for mask in (predicted, true))
        if here.any() and there.any():
            error_px = distance_transform_edt(~there)[here].mean()
            weights[number, 0] += weight * error_px * (predicted != true)
    return torch.from_numpy(weights)


def reference(logits: torch.Tensor, target: torch.Tensor, weight: float) -> torch.Tensor:
    probability, truth = logits.double().sigmoid(), target.double()
    entropy = -truth * probability.log() - (1 - truth) * (1 - probability).log()
    return (pixel_weights(logits, target, weight) * entropy).mean()


@pytest.mark.parametrize("weight", [0.5, 1.0, 10.0])
def test_hand_computed(weight):
    # one pixel predicted three away from the one that is: those two are wrong and cost log 4, the others log(4/3)
    logits, target = three_quarters_sure(drawn("#....")), drawn("...#.")
    expected = ((1 + 3 * weight) * 2 * log(4) + 3 * log(4 / 3)) / 5
    assert shape_aware(logits, target, weight=weight).item() == pytest.approx(expected)


def test_only_pixels_labelled_wrongly_weigh_more():
    # two of three predicted pixels are right: E is (0 + 0 + 1) / 3, and one pixel is wrong
    logits, target = three_quarters_sure(drawn(".###.")), drawn(".##..")
    expected = ((1 + 1 / 3) * log(4) + 4 * log(4 / 3)) / 5
    assert shape_aware(logits, target, weight=1.0).item() == pytest.approx(expected)


def test_the_distance_is_measured_from_the_prediction_to_the_truth():
    # from the pixel to the line 0; from the line to the pixel it would be 1.5
    logits, target = three_quarters_sure(drawn("#...")), drawn("####")
    assert shape_aware(logits, target, weight=1.0).item() == pytest.approx(bce(logits, target).item())


def test_a_probability_of_one_half_is_no_lesion():
    logits, target = torch.tensor([0.0, THREE_QUARTERS, -THREE_QUARTERS]).view(1, 1, 1, 3), drawn("..#")
    expected = (log(2) + (1 + 1) * 2 * log(4)) / 3  # the first pixel is right
    assert shape_aware(logits, target, weight=1.0).item() == pytest.approx(expected)


def test_each_slice_has_its_own_distance():
    # 3 px and two wrong pixels; half a pixel and one
    predicted, target = drawn("#....", "##..."), drawn("...#.", ".#...")
    logits = three_quarters_sure(predicted)
    expected = ((1 + 3) * 2 * log(4) + (1 + 0.5) * log(4) + 7 * log(4 / 3)) / 10
    assert shape_aware(logits, target, weight=1.0).item() == pytest.approx(expected)


def test_without_weight_it_is_the_cross_entropy():
    logits, target = smooth(0), smooth(1, 0.5)
    assert shape_aware(logits, target, weight=0.0).item() == pytest.approx(bce(logits, target).item(), rel=1e-6)


def test_where_the_mask_is_right_it_is_the_cross_entropy():
    target = smooth(0, 0.5)
    logits = (2 * target - 1) * smooth(1).abs().clamp_min(1e-3)
    assert shape_aware(logits, target, weight=10.0).item() == pytest.approx(bce(logits, target).item(), rel=1e-6)


@pytest.mark.parametrize("given", ["...../.##../.....", "...../...../....."])
def test_without_a_target_or_a_prediction_it_is_the_cross_entropy(given):
    given, nothing = drawn(given), drawn("...../...../.....")
    for predicted, target in ((given, nothing), (nothing, given)):
        logits = three_quarters_sure(predicted)
        assert shape_aware(logits, target, weight=10.0).item() == pytest.approx(bce(logits, target).item())


def test_by_definition_a_complete_miss_costs_less_than_an_almost_complete_one():
    # nothing to measure a distance from; whoever changes this changes the paper's formula
    target = drawn("......./.....##/.....##/.......")
    nothing, far_off = drawn("......./......./......./......."), drawn("#....../......./......./.......")
    missed, almost = (shape_aware(three_quarters_sure(mask), target, weight=1.0).item() for mask in (nothing, far_off))
    assert missed < almost


def test_a_prediction_further_away_costs_more():
    target = torch.zeros(1, 1, 20, 40)
    target[..., 5:12, 2:9] = 1
    costs = [shape_aware(three_quarters_sure(target.roll(by, 3)), target, weight=1.0).item() for by in range(0, 30, 3)]
    assert costs == sorted(set(costs))
    # also where nothing overlaps any more and overlap losses are flat
    apart = [bce(three_quarters_sure(target.roll(by, 3)), target).item() for by in (9, 27)]
    assert apart[0] == apart[1]


@pytest.mark.parametrize("weight", [0.1, 1.0, 10.0])
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("threshold", [-0.5, 0.5, 1.5, 9.0])
def test_value_and_gradient_equal_a_reference_from_scipy_in_float64(weight, seed, threshold):
    ours, target = (4 * smooth(seed)).requires_grad_(), smooth(seed + 10, threshold)
    theirs = ours.detach().double().requires_grad_()
    value, expected = shape_aware(ours, target, weight=weight), reference(theirs, target, weight)
    value.backward()
    expected.backward()
    assert value.item() == pytest.approx(expected.item(), rel=1e-5)
    torch.testing.assert_close(ours.grad.double(), theirs.grad, atol=1e-7, rtol=1e-4)


def test_the_distance_is_a_constant_for_the_gradient():
    logits, target = (4 * smooth(0)).requires_grad_(), smooth(10, 0.5)
    shape_aware(logits, target, weight=2.0).backward()
    of_cross_entropy = (logits.detach().double().sigmoid() - target) / target.numel()
    weights = pixel_weights(logits, target, 2.0)
    assert weights.amax((1, 2, 3)).min() > 1.1 and len(weights.amax((1, 2, 3)).unique()) == 5
    torch.testing.assert_close(logits.grad.double(), weights * of_cross_entropy, atol=1e-7, rtol=1e-4)
