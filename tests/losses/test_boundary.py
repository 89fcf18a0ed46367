import numpy as np
import pytest
import torch
from scipy.ndimage import distance_transform_edt

from brainseg.losses.boundary import boundary
from tests.losses.small_slices import blobs, drawn, in_float64, probabilities


def test_hand_computed():
    # phi is -1.5 -0.5 0.5 1.5
    found = boundary(probabilities(0.5, 0.75, 0.5, 0.25), drawn("##..")).item()
    assert found == pytest.approx((-1.5 * 0.5 - 0.5 * 0.75 + 0.5 * 0.5 + 1.5 * 0.25) / 4)


@pytest.mark.parametrize("seed", range(4))
def test_equals_kervadecs_with_the_contour_half_a_pixel_further_out(seed):
    logits, target = blobs(seed)
    p, y = in_float64(logits, target)
    expected = []
    for probability, inside in zip(p, y > 0.5, strict=True):
        his = np.zeros(inside.shape)
        if 0 < inside.mean() < 1:
            his = distance_transform_edt(~inside) * ~inside - (distance_transform_edt(inside) - 1) * inside - 0.5
        expected.append(np.mean(his * probability))
    assert boundary(logits, target).item() == pytest.approx(np.mean(expected), rel=1e-6, abs=1e-6)


def test_the_least_is_the_sum_of_distances_inside():
    target = drawn(".###.")
    assert boundary(60 * (2 * target - 1), target).item() == pytest.approx((-0.5 - 1.5 - 0.5) / 5)


@pytest.mark.parametrize("target", [drawn("..../...."), drawn("####/####")], ids=["empty", "full"])
def test_without_a_contour_it_is_0_and_flat(target):
    logits = torch.linspace(-3, 3, 8).view(1, 1, 2, 4).requires_grad_()
    value = boundary(logits, target)
    value.backward()
    assert value.item() == 0 and not logits.grad.any()
