import numpy as np
import pytest
import torch
from monai.losses import HausdorffDTLoss
from scipy.ndimage import distance_transform_edt

from brainseg.losses.hausdorff import hausdorff
from tests.losses.small_slices import blobs, drawn, in_float64, probabilities

DIAGONAL_PX = (20**2 + 26**2) ** 0.5  # of the blobs


def test_hand_computed():
    # true distances 1 1 2, predicted 2 1 1, the diagonal squared 10; errors 1/4, 3/4, 3/4
    logits, target = probabilities(0.75, 0.75, 0.25 + 1e-9), drawn("#..")
    found = hausdorff(logits, target, alpha=2.0, distances="both").item()
    assert found == pytest.approx((0.25**2 * (1 + 4) + 0.75**2 * (1 + 1) + 0.25**2 * (4 + 1)) / 10 / 3)


def test_one_sided_hand_computed():
    logits, target = probabilities(0.75, 0.75, 0.25), drawn("#..")
    found = hausdorff(logits, target, alpha=1.0, distances="truth").item()
    assert found == pytest.approx((0.25**2 * 1 + 0.75**2 * 1 + 0.25**2 * 2) / 10**0.5 / 3)


@pytest.mark.parametrize("alpha", [1.0, 2.0, 3.0])
@pytest.mark.parametrize("seed", range(3))
def test_equals_monais_which_is_in_pixels(alpha, seed):
    logits, target = (given[:5] for given in blobs(seed))  # of a full mask MONAI's distance has no meaning
    expected = HausdorffDTLoss(alpha=alpha, sigmoid=True, include_background=True)(
        logits.double(), target.double()
    ).item()
    found = hausdorff(logits, target, alpha=alpha, distances="both").item()
    assert found * DIAGONAL_PX**alpha == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_one_sided_equals_a_reference_from_scipy_in_float64(seed):
    logits, target = blobs(seed)
    p, y = in_float64(logits, target)
    expected = 0.0
    for probability, mask in zip(p, y > 0.5, strict=True):
        if 0 < mask.mean() < 1:
            distance = distance_transform_edt(mask) + distance_transform_edt(~mask)
            expected += np.mean((mask - probability) ** 2 * (distance / DIAGONAL_PX) ** 2) / len(p)
    assert hausdorff(logits, target, alpha=2.0, distances="truth").item() == pytest.approx(expected, rel=1e-6)


def test_the_distances_are_constants_for_the_gradient():
    logits, target = blobs(0)
    logits.requires_grad_()
    hausdorff(logits, target, alpha=2.0, distances="truth").backward()
    p, y = in_float64(logits.detach(), target)
    for number, mask in enumerate(y > 0.5):
        distance = np.zeros(mask.shape)
        if 0 < mask.mean() < 1:
            distance = distance_transform_edt(mask) + distance_transform_edt(~mask)
        slope = 2 * (p[number] - y[number]) * p[number] * (1 - p[number]) * (distance / DIAGONAL_PX) ** 2 / y.size
        np.testing.assert_allclose(logits.grad[number, 0], slope, rtol=1e-4, atol=1e-9)


def test_a_prediction_further_away_costs_more_where_overlap_is_gone():
    target = torch.zeros(1, 1, 20, 60)
    target[..., 5:12, 2:9] = 1
    for distances in ("both", "truth"):
        costs = [
            hausdorff(9 * (2 * target.roll(by, 3) - 1), target, alpha=2.0, distances=distances).item()
            for by in range(8, 50, 6)
        ]
        assert costs == sorted(set(costs))


def test_with_an_empty_target_only_the_predictions_distance_counts():
    logits, target = probabilities(0.75, 0.25, 0.25), drawn("...")
    assert hausdorff(logits, target, alpha=2.0, distances="truth").item() == 0
    found = hausdorff(logits, target, alpha=2.0, distances="both").item()
    assert found == pytest.approx((0.75**2 * 1 + 0.25**2 * 1 + 0.25**2 * 4) / 10 / 3)
