from math import log

import numpy as np
import pytest
import torch
from scipy.ndimage import distance_transform_edt

from brainseg.losses.bce import bce
from brainseg.losses.distance_map_bce import distance_map_bce
from tests.losses.small_slices import blobs, drawn, in_float64, probabilities


def test_hand_computed():
    # distances 2 1 | 1 2 3: phi is 2/3 1 1 2/3 1/3
    logits, target = probabilities(0.5, 0.5, 0.5, 0.5, 0.5), drawn("##...")
    found = distance_map_bce(logits, target, weight=3.0).item()
    assert found == pytest.approx((5 + 3 * (2 / 3 + 1 + 1 + 2 / 3 + 1 / 3)) / 5 * log(2))


@pytest.mark.parametrize("weight", [0.5, 1.0, 10.0])
@pytest.mark.parametrize("seed", range(3))
def test_equals_a_reference_from_scipy_in_float64(weight, seed):
    logits, target = blobs(seed)
    p, y = in_float64(logits, target)
    weights = np.ones(y.shape)
    for number, mask in enumerate(y > 0.5):
        if 0 < mask.mean() < 1:
            inside, outside = distance_transform_edt(mask), distance_transform_edt(~mask)
            distance = np.where(mask, inside, outside)
            weights[number] += weight * (1 - (distance - 1) / distance.max())
    expected = np.mean(weights * -(y * np.log(p) + (1 - y) * np.log(1 - p)))
    assert distance_map_bce(logits, target, weight=weight).item() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("target", [drawn("..../...."), drawn("####/####")], ids=["empty", "full"])
def test_without_a_contour_it_is_the_cross_entropy(target):
    logits = torch.linspace(-2, 2, 8).view(1, 1, 2, 4)
    assert distance_map_bce(logits, target, weight=5.0) == bce(logits, target)


def test_an_error_beside_the_contour_costs_more_than_one_far_away():
    target = drawn("#.......")
    costs = []
    for place in range(1, 8):
        logits = 4 * (2 * target - 1)
        logits[..., place] = 4
        costs.append(distance_map_bce(logits, target, weight=1.0).item())
    assert costs == sorted(set(costs), reverse=True)
