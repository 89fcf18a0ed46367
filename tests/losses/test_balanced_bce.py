from math import log

import numpy as np
import pytest
import torch

from brainseg.losses.balanced_bce import balanced_bce
from tests.losses.small_slices import blobs, drawn, in_float64, probabilities


def test_hand_computed():
    # a tenth is lesion: its log 4 counts 0.9, background's log 2 counts 0.1
    found = balanced_bce(probabilities(0.25, 0.5), drawn("#."), least_weight=0.02, lesion_share=0.1).item()
    assert found == pytest.approx((0.9 * log(4) + 0.1 * log(2)) / 2)


@pytest.mark.parametrize("share", [0.05, 0.3, 0.9])
def test_equals_its_formula_in_float64(share):
    logits, target = blobs(0)
    p, y = in_float64(logits, target)
    expected = -np.mean((1 - share) * y * np.log(p) + share * (1 - y) * np.log(1 - p))
    found = balanced_bce(logits, target, least_weight=0.02, lesion_share=share).item()
    assert found == pytest.approx(expected, rel=1e-6)


def test_with_the_share_of_the_mask_lesion_and_background_have_equal_say():
    target = drawn("#.........")
    logits = torch.zeros_like(target)
    logits.requires_grad_()
    balanced_bce(logits, target, least_weight=0.02, lesion_share=0.1).backward()
    on_lesion = logits.grad[target == 1].sum()
    assert on_lesion.item() == pytest.approx(-logits.grad[target == 0].sum().item())


@pytest.mark.parametrize(("share", "weights"), [(0.001, (0.98, 0.02)), (0.999, (0.02, 0.98))])
def test_the_weights_are_retained_off_0_and_1(share, weights):
    for mask, weight in zip("#.", weights, strict=True):
        found = balanced_bce(probabilities(0.5), drawn(mask), least_weight=0.02, lesion_share=share).item()
        assert found == pytest.approx(weight * log(2))


def test_a_slice_without_lesion_still_costs():
    found = balanced_bce(probabilities(0.5, 0.5), drawn(".."), least_weight=0.02, lesion_share=0.01).item()
    assert found == pytest.approx(0.02 * log(2))
