from math import log

import numpy as np
import pytest
import torch

from brainseg.losses.exp_log import exp_log
from tests.losses.small_slices import blobs, drawn, in_float64, probabilities

SETTINGS = {"dice_weight": 0.8, "gamma": 0.3, "smooth": 1.0}


def test_hand_computed():
    # Dice of lesion (1.5 + 1) / (1.25 + 1 + 1), of background (1 + 1) / (0.75 + 1 + 1); a quarter is lesion
    found = exp_log(probabilities(0.75, 0.5), drawn("#."), lesion_share=0.25, **SETTINGS).item()
    dice_losses = (-log(2.5 / 3.25)) ** 0.3 + (-log(2 / 2.75)) ** 0.3
    entropies = 2 * log(4 / 3) ** 0.3 + (1 / 0.75) ** 0.5 * log(2) ** 0.3
    assert found == pytest.approx(0.8 * dice_losses / 2 + 0.2 * entropies / 2)


@pytest.mark.parametrize("gamma", [0.3, 1.0, 2.0])
@pytest.mark.parametrize("share", [0.01, 0.5])
def test_equals_its_formula_in_float64(gamma, share):
    logits, target = blobs(0)
    p, y = in_float64(logits, target)
    dice_losses = []
    for q, label in ((p, y), (1 - p, 1 - y)):
        dice_losses.append((-np.log((2 * np.sum(q * label) + 1) / (np.sum(q) + np.sum(label) + 1))) ** gamma)
    weight = np.where(y == 1, share**-0.5, (1 - share) ** -0.5)
    entropies = weight * (-np.log(np.where(y == 1, p, 1 - p))) ** gamma
    expected = 0.8 * np.mean(dice_losses) + 0.2 * np.mean(entropies)
    found = exp_log(logits, target, dice_weight=0.8, gamma=gamma, smooth=1.0, lesion_share=share).item()
    assert found == pytest.approx(expected, rel=1e-6)


def test_the_rarer_lesion_is_the_more_its_pixels_count():
    logits, target = probabilities(0.5), drawn("#")
    rare, common = (
        exp_log(logits, target, dice_weight=0.0, gamma=1.0, smooth=1.0, lesion_share=share).item()
        for share in (0.01, 0.25)
    )
    assert (rare, common) == (pytest.approx(10 * log(2)), pytest.approx(2 * log(2)))


@pytest.mark.parametrize("target", [drawn("..../...."), drawn(".##./...."), drawn("####/####")])
def test_at_the_truth_the_slope_is_finite_and_the_value_next_to_nothing(target):
    logits = (200 * (2 * target - 1)).requires_grad_()
    value = exp_log(logits, target, lesion_share=0.01, **SETTINGS)
    value.backward()
    assert value.item() < 0.03
    assert logits.grad.isfinite().all()


def test_a_saturated_mistake_has_a_finite_slope():
    target = drawn("##../....")
    logits = (-1e4 * (2 * target - 1)).requires_grad_()
    exp_log(logits, target, lesion_share=0.01, **SETTINGS).backward()
    assert logits.grad.isfinite().all() and logits.grad.any()


def test_without_its_dice_part_it_is_a_weighted_cross_entropy():
    logits, target = blobs(2)
    found = exp_log(logits, target, dice_weight=0.0, gamma=1.0, smooth=1.0, lesion_share=0.5).item()
    entropy = torch.nn.functional.binary_cross_entropy_with_logits(logits, target).item()
    assert found == pytest.approx(2**0.5 * entropy, rel=1e-6)
