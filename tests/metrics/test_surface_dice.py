import math
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from monai.metrics import compute_surface_dice
from scipy.ndimage import binary_erosion, distance_transform_edt, gaussian_filter

from brainseg.metrics.surface import surface_dice, surface_dice_3d

PAIRS = arrays(bool, (2, 3, 5, 6))  # a prediction and a truth
TOLERANCES_PX = st.sampled_from([0, 1, math.sqrt(2), 2, 2.5, 10])
steady = settings(max_examples=40, derandomize=True, database=None)


def square(top, left, side, slice_=0):
    mask = np.zeros((2, 12, 14), bool)
    mask[slice_, top : top + side, left : left + side] = True
    return mask


def blobs(seed):
    """A prediction and a truth, (5, 40, 30) bool: the first slice empty in one, the second in both."""
    rng = np.random.default_rng(seed)
    shared, own = rng.standard_normal((5, 40, 30)), rng.standard_normal((2, 5, 40, 30))
    prediction, truth = (gaussian_filter(shared + noise, (0, 3, 3)) > 0.05 for noise in own)
    prediction[:2] = truth[1] = False
    return prediction, truth


@pytest.mark.parametrize(
    ("prediction", "truth", "tolerance_px", "expected"),
    [
        pytest.param(square(3, 3, 5), square(3, 3, 5), 0, 1, id="the same"),
        # 8 contour pixels each; of the shifted square the third row of two is on the other's contour, and so back
        pytest.param(square(3, 3, 3), square(3, 4, 3), 0, (4 + 4) / 16, id="shifted by one"),
        pytest.param(square(3, 3, 3), square(3, 4, 3), 1, 1, id="shifted by one, as tolerated"),
        pytest.param(square(3, 3, 3), square(3, 5, 3), 1.999, (5 + 5) / 16, id="just above the tolerance"),
        pytest.param(square(3, 3, 3), square(3, 5, 3), 2, 1, id="at the tolerance"),
        pytest.param(square(4, 4, 3), square(3, 3, 5), 1, (8 + 12) / 24, id="the outer corners are sqrt 2 off"),
        pytest.param(square(4, 4, 3), square(3, 3, 5), math.sqrt(2), 1, id="which this tolerates"),
        pytest.param(square(3, 3, 3), square(3, 3, 3, slice_=1), 9, 0, id="the next slice does not help"),
        pytest.param(square(0, 0, 12), square(0, 0, 10), 1, (11 + 10 + 10 + 9 + 2) / 80, id="at the image's edge"),
    ],
)
def test_hand_computed(prediction, truth, tolerance_px, expected):
    assert surface_dice(prediction, truth, tolerance_px) == pytest.approx(expected)


@pytest.mark.parametrize(("predicted", "true", "expected"), [(0, 0, 1.0), (1, 0, 0.0), (0, 1, 0.0), (1, 1, 1.0)])
@pytest.mark.parametrize("tolerance_px", [0, 2, 100])
def test_empty_and_full_masks(predicted, true, expected, tolerance_px):
    result = surface_dice(np.full((2, 3, 3), predicted, bool), np.full((2, 3, 3), true, bool), tolerance_px)
    assert result == expected and isinstance(result, float)


def test_pixels_of_all_slices_are_pooled():
    prediction, truth = square(3, 3, 5), square(3, 3, 5) | square(3, 3, 3, slice_=1)
    assert surface_dice(prediction, truth, 2) == pytest.approx((16 + 16) / (16 + 16 + 8))


def in_monai(prediction, truth, tolerance, spacing=None):
    pair = [torch.from_numpy(mask)[None, None].float() for mask in (prediction, truth)]
    with warnings.catch_warnings(action="ignore"):  # of empty masks
        return compute_surface_dice(*pair, [tolerance], include_background=True, spacing=spacing).item()


@pytest.mark.parametrize("tolerance_px", [0, 1, 2, 2.5])
@pytest.mark.parametrize("seed", range(3))
def test_equals_monai_slice_by_slice_and_pooled(seed, tolerance_px):
    within = total = 0
    for prediction, truth in zip(*blobs(seed), strict=True):
        expected = in_monai(prediction, truth, tolerance_px)
        found = surface_dice(prediction[None], truth[None], tolerance_px)
        if not prediction.any() and not truth.any():
            assert math.isnan(expected) and found == 1
            continue
        assert found == pytest.approx(expected, abs=1e-6)
        pixels = sum(int((mask & ~binary_erosion(mask)).sum()) for mask in (prediction, truth))
        within, total = within + expected * pixels, total + pixels
    assert surface_dice(*blobs(seed), tolerance_px) == pytest.approx(within / total, abs=1e-6)


@pytest.mark.parametrize("tolerance_mm", [0.6, 1.0, 3.0])
@pytest.mark.parametrize("spacing_mm", [(0.9, 0.9), (0.5, 1.25), (3.0, 0.7)])
def test_in_mm_it_equals_monai_with_spacing_slice_by_slice_and_pooled(spacing_mm, tolerance_mm):
    within = total = 0
    for prediction, truth in zip(*blobs(0), strict=True):
        if not prediction.any() and not truth.any():
            continue
        expected = in_monai(prediction, truth, tolerance_mm, spacing_mm)
        found = surface_dice(prediction[None], truth[None], tolerance_mm, spacing_mm)
        assert found == pytest.approx(expected, abs=1e-6)
        pixels = sum(int((mask & ~binary_erosion(mask)).sum()) for mask in (prediction, truth))
        within, total = within + expected * pixels, total + pixels
    assert surface_dice(*blobs(0), tolerance_mm, spacing_mm) == pytest.approx(within / total, abs=1e-6)


@pytest.mark.parametrize("tolerance_mm", [1.0, 2.5, 5.5])
@pytest.mark.parametrize("spacing_mm", [(1.0, 1.0, 1.0), (5.0, 0.9, 0.9), (3.0, 0.5, 1.25)])
def test_in_three_dimensions_it_equals_monai_with_spacing(spacing_mm, tolerance_mm):
    expected = in_monai(*blobs(1), tolerance_mm, spacing_mm)
    assert 0.3 < expected <= 1
    assert surface_dice_3d(*blobs(1), tolerance_mm, spacing_mm) == pytest.approx(expected, abs=1e-6)


def test_in_three_dimensions_by_hand():
    """A voxel and one 3 mm above it and 4 mm beside it: 5 mm apart."""
    prediction, truth = np.zeros((2, 2, 3, 3), bool)
    prediction[0, 0, 0] = truth[1, 0, 2] = True
    assert [surface_dice_3d(prediction, truth, mm, (3.0, 1.0, 2.0)) for mm in (4.9, 5.0)] == [0, 1]


@pytest.mark.parametrize(("predicted", "true", "expected"), [(0, 0, 1), (0, 1, 0), (1, 0, 0), (1, 1, 1)])
def test_empty_masks_in_three_dimensions(predicted, true, expected):
    masks = (np.full((2, 3, 3), present, bool) for present in (predicted, true))
    assert surface_dice_3d(*masks, 100, (1.0, 1.0, 1.0)) == expected


def test_monai_takes_a_volumes_surface_and_not_its_contours():
    prediction, truth = np.ones((2, 3, 9, 9), bool)
    prediction[2] = False
    # in two slices the contours agree, the 32 pixels of the third have none beside them
    assert surface_dice(prediction, truth, 0) == pytest.approx(4 * 32 / (5 * 32))
    # in 3-D all of the first and of the last slice is surface: 81 pixels agree, then 32, and the third not
    assert in_monai(prediction, truth, 0) == pytest.approx((81 + 32 + 81 + 32) / (81 + 81 + 81 + 32 + 81))


@steady
@given(PAIRS, TOLERANCES_PX)
def test_equals_a_distance_transform_per_slice(pair, tolerance_px):
    within = total = 0
    for masks in zip(*pair, strict=True):
        here, there = (mask & ~binary_erosion(mask) for mask in masks)
        total += here.sum() + there.sum()
        if here.any() and there.any():
            within += (distance_transform_edt(~there)[here] <= tolerance_px).sum()
            within += (distance_transform_edt(~here)[there] <= tolerance_px).sum()
    assert surface_dice(*pair, tolerance_px) == (within / total if total else 1)


@steady
@given(PAIRS, TOLERANCES_PX)
def test_symmetric_in_0_to_1_and_a_mask_agrees_with_itself(pair, tolerance_px):
    assert 0 <= surface_dice(*pair, tolerance_px) == surface_dice(*pair[::-1], tolerance_px) <= 1
    assert surface_dice(*pair, tolerance_px) <= surface_dice(*pair, tolerance_px + 1)
    assert surface_dice(pair[0], pair[0], tolerance_px) == 1


@steady
@given(PAIRS, TOLERANCES_PX, st.sampled_from([0, 1, 2]))
def test_padding_and_flips_change_nothing(pair, tolerance_px, axis):
    found = surface_dice(*pair, tolerance_px)
    assert surface_dice(*[np.pad(mask, 2) for mask in pair], tolerance_px) == found
    assert surface_dice(*[np.flip(mask, axis) for mask in pair], tolerance_px) == found


def test_shapes_that_differ_are_refused():
    with pytest.raises(ValueError, match="one shape"):
        surface_dice(np.ones((1, 3, 3), bool), np.ones((2, 3, 3), bool), 2)
