import numpy as np
import pytest
import torch

from brainseg.losses.sensitivity_specificity import sensitivity_specificity
from tests.losses.small_slices import blobs, drawn, in_float64, probabilities


def test_hand_computed():
    # lesion (1/4)^2 over 1 + 1; background (1/2)^2 + 1/10^2 over 2 + 1
    found = sensitivity_specificity(probabilities(0.75, 0.5, 0.1), drawn("#.."), lesion_weight=0.2, smooth=1.0)
    assert found.item() == pytest.approx(0.2 * 0.0625 / 2 + 0.8 * 0.26 / 3)


@pytest.mark.parametrize("weight", [0.05, 0.5])
@pytest.mark.parametrize("smooth", [1e-5, 1.0])
def test_equals_its_formula_in_float64(weight, smooth):
    logits, target = blobs(0)
    p, y = in_float64(logits, target)
    error = (y - p) ** 2
    expected = weight * np.sum(error * y) / (np.sum(y) + smooth)
    expected += (1 - weight) * np.sum(error * (1 - y)) / (np.sum(1 - y) + smooth)
    found = sensitivity_specificity(logits, target, lesion_weight=weight, smooth=smooth).item()
    assert found == pytest.approx(expected, rel=1e-6)


def test_the_size_of_the_lesion_does_not_matter():
    # a quarter of the lesion missed costs the same, be it 4 pixels or 40
    costs = []
    for size in (4, 40):
        target = torch.zeros(1, 1, 1, 100)
        target[..., :size] = 1
        logits = 60 * (2 * target - 1)
        logits[..., : size // 4] = -60
        costs.append(sensitivity_specificity(logits, target, lesion_weight=0.3, smooth=1e-6).item())
    assert costs == pytest.approx([0.3 / 4] * 2)


def test_an_empty_target_costs_its_background_alone():
    found = sensitivity_specificity(probabilities(0.5, 0.5), drawn(".."), lesion_weight=0.05, smooth=1e-6).item()
    assert found == pytest.approx(0.95 * 0.25)
