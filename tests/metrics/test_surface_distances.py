import math

import medpy.metric.binary as medpy
import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from monai.metrics import compute_hausdorff_distance
from scipy.ndimage import gaussian_filter

from brainseg.metrics.surface import hd95_and_assd, hd95_larger

SPACING_PX = (4.0, 1.0, 1.0)
PAIRS = arrays(bool, (2, 3, 5, 6))  # a prediction and a truth
DIAGONAL_PX = math.sqrt((4 * 2) ** 2 + 4**2 + 5**2)  # of (3, 5, 6) voxels, from centre to centre
# monai warns of itself
pytestmark = pytest.mark.filterwarnings("ignore:.*always_return_as_numpy:FutureWarning")
steady = settings(max_examples=40, derandomize=True, database=None)


def voxels(*where, shape=(3, 5, 6)):
    mask = np.zeros(shape, bool)
    for voxel in where:
        mask[voxel] = True
    return mask


def blobs(rng, shape=(6, 40, 30)):
    """A prediction and a truth with smooth outlines; some of them touch the volume's border."""
    shared, own = rng.standard_normal(shape), rng.standard_normal((2, *shape))
    return [gaussian_filter(shared + 0.7 * noise, (1, 3, 3)) > 0.05 for noise in own]


@pytest.mark.parametrize(
    ("prediction", "truth", "hd95", "assd", "larger"),
    [
        pytest.param(voxels((1, 2, 2)), voxels((1, 2, 2)), 0, 0, 0, id="the same"),
        pytest.param(voxels((1, 0, 0)), voxels((1, 3, 4)), 5, 5, 5, id="3, 4, 5 in the slice"),
        pytest.param(voxels((0, 2, 2)), voxels((1, 2, 2)), 4, 4, 4, id="one slice step"),
        pytest.param(voxels((0, 0, 0)), voxels((1, 3, 0)), 5, 5, 5, id="4 across slices, 3 in them"),
        # distances 0 and 5 one way, 0 back: percentiles at 1.9 of 0, 0, 5 and at 0.95 of 0, 5
        pytest.param(voxels((1, 0, 0), (1, 0, 5)), voxels((1, 0, 0)), 4.5, 5 / 3, 4.75, id="a false voxel"),
        pytest.param(voxels((1, 0, 0)), voxels((1, 0, 0), (1, 0, 5)), 4.5, 5 / 3, 4.75, id="a missed voxel"),
    ],
)
def test_hand_computed(prediction, truth, hd95, assd, larger):
    assert hd95_and_assd(prediction, truth, SPACING_PX) == pytest.approx((hd95, assd), abs=1e-12)
    assert hd95_larger(prediction, truth, SPACING_PX) == pytest.approx(larger, abs=1e-12)


def test_surfaces_of_concentric_cubes():
    outer, inner = np.ones((5, 5, 5), bool), np.pad(np.ones((3, 3, 3), bool), 1)
    # inwards: 6 faces of 9 voxels 1 off, 12 edges of 3 sqrt 2, 8 corners sqrt 3; outwards: 26 voxels 1 off
    inwards = 54 + 36 * math.sqrt(2) + 8 * math.sqrt(3)
    assert hd95_and_assd(outer, inner, (1, 1, 1)) == pytest.approx((math.sqrt(3), (inwards + 26) / (98 + 26)))


def test_the_inside_of_a_mask_does_not_count():
    full, hollow = np.ones((2, 5, 5, 5), bool)
    hollow[2, 2, 2] = False  # six more surface voxels, one step from the hole, two from the outside
    assert hd95_and_assd(hollow, full, (1, 1, 1))[1] == pytest.approx(6 * 1 / (98 + 98 + 6))


@pytest.mark.parametrize(("predicted", "true", "expected"), [(0, 0, 0), (0, 1, DIAGONAL_PX), (1, 0, DIAGONAL_PX)])
def test_empty_masks(predicted, true, expected):
    prediction, truth = (voxels((1, 1, 1)) if present else voxels() for present in (predicted, true))
    found = (*hd95_and_assd(prediction, truth, SPACING_PX), hd95_larger(prediction, truth, SPACING_PX))
    assert found == pytest.approx([expected] * 3) and all(isinstance(value, float) for value in found)


def test_no_found_lesion_costs_more_than_a_missed_one():
    corners = voxels((0, 0, 0)), voxels((2, 4, 5))
    assert hd95_and_assd(*corners, SPACING_PX) == pytest.approx((DIAGONAL_PX, DIAGONAL_PX))


def test_medpy_and_monai_on_empty_masks():
    empty, mask = voxels(), voxels((1, 1, 1))
    for pair in ((empty, mask), (mask, empty), (empty, empty)):
        for measure in (medpy.hd95, medpy.assd):
            with pytest.raises(RuntimeError, match="does not contain any binary object"):
                measure(*pair)
        with pytest.warns(UserWarning, match="all 0"):
            assert math.isnan(monai_hd95(*pair))  # a mean that leaves it out gets better with each missed lesion


def monai_hd95(prediction, truth, spacing=SPACING_PX):
    pair = [torch.from_numpy(mask)[None, None].float() for mask in (prediction, truth)]
    return compute_hausdorff_distance(*pair, include_background=True, percentile=95, spacing=spacing).item()


@pytest.mark.parametrize("seed", range(4))
def test_equals_medpy_on_the_whole_volume(seed):
    prediction, truth = blobs(np.random.default_rng(seed))
    expected = medpy.hd95(prediction, truth, SPACING_PX), medpy.assd(prediction, truth, SPACING_PX)
    assert min(expected) > 0.1
    assert hd95_and_assd(prediction, truth, SPACING_PX) == pytest.approx(expected, abs=1e-9, rel=0)


@pytest.mark.parametrize("seed", range(4))
def test_the_larger_one_equals_monai(seed):
    prediction, truth = blobs(np.random.default_rng(seed))
    assert hd95_larger(prediction, truth, SPACING_PX) == pytest.approx(
        monai_hd95(prediction, truth), rel=1e-5
    )  # in float32


@pytest.mark.parametrize("spacing_mm", [(1.0, 1.0, 1.0), (5.0, 0.9, 0.9), (3.0, 0.5, 1.25), (0.7, 1.5, 1.0)])
def test_in_mm_medpy_and_monai_agree_with_anisotropic_spacing(spacing_mm):
    pair = blobs(np.random.default_rng(5))
    expected = medpy.hd95(*pair, spacing_mm), medpy.assd(*pair, spacing_mm)
    assert hd95_and_assd(*pair, spacing_mm) == pytest.approx(expected, abs=1e-9, rel=0)
    assert hd95_larger(*pair, spacing_mm) == pytest.approx(monai_hd95(*pair, spacing_mm), abs=1e-6, rel=0)


def test_the_two_conventions_can_be_far_apart():
    truth = np.zeros((1, 40, 40), bool)
    truth[0, :21, :21] = True  # 80 contour pixels, in one slice all 441 are surface
    prediction = truth.copy()
    prediction[0, 35, 10:37] = True  # 27 of 468 are 15 to 21 px off: 6 % of the prediction, 3 % of both
    assert hd95_and_assd(prediction, truth, SPACING_PX)[0] == 0
    assert hd95_larger(prediction, truth, SPACING_PX) >= 15


@pytest.mark.parametrize("where", [(0, 0, 0), (7, 79, 79)], ids=str)
def test_equals_medpy_with_a_stray_voxel_far_away(where):
    prediction, truth = np.zeros((2, 8, 80, 80), bool)
    prediction[2:5, 30:37, 40:44] = truth[3:5, 31:38, 40:45] = prediction[where] = True
    expected = medpy.hd95(prediction, truth, SPACING_PX), medpy.assd(prediction, truth, SPACING_PX)
    assert hd95_and_assd(prediction, truth, SPACING_PX) == pytest.approx(expected, abs=1e-9, rel=0)


@steady
@given(PAIRS)
def test_equals_medpy_on_any_masks_at_the_volumes_border_too(pair):
    assume(pair[0].any() and pair[1].any())
    expected = medpy.hd95(*pair, SPACING_PX), medpy.assd(*pair, SPACING_PX)
    assert hd95_and_assd(*pair, SPACING_PX) == pytest.approx(expected, abs=1e-9, rel=0)


@steady
@given(PAIRS)
def test_symmetric_and_bounded_by_the_diagonal(pair):
    found = hd95_and_assd(*pair, SPACING_PX)
    assert found == pytest.approx(hd95_and_assd(*pair[::-1], SPACING_PX), abs=1e-12)
    assert hd95_larger(*pair, SPACING_PX) == hd95_larger(*pair[::-1], SPACING_PX)
    assert all(0 <= value <= DIAGONAL_PX + 1e-12 for value in (*found, hd95_larger(*pair, SPACING_PX)))


@steady
@given(PAIRS, st.sampled_from([0, 1, 2]))
def test_flips_and_padding_change_nothing_but_the_worst_case(pair, axis):
    flipped, padded = (
        [change(mask) for mask in pair] for change in (lambda m: np.flip(m, axis), lambda m: np.pad(m, 2))
    )
    found = (*hd95_and_assd(*pair, SPACING_PX), hd95_larger(*pair, SPACING_PX))
    assert found == pytest.approx((*hd95_and_assd(*flipped, SPACING_PX), hd95_larger(*flipped, SPACING_PX)))
    if pair[0].any() == pair[1].any():
        assert found == pytest.approx((*hd95_and_assd(*padded, SPACING_PX), hd95_larger(*padded, SPACING_PX)))


@steady
@given(PAIRS, st.floats(0.1, 10))
def test_distances_scale_with_the_spacing(pair, factor):
    scaled = tuple(factor * step for step in SPACING_PX)
    expected = [factor * value for value in hd95_and_assd(*pair, SPACING_PX)]
    assert hd95_and_assd(*pair, scaled) == pytest.approx(expected, rel=1e-9)
    assert hd95_larger(*pair, scaled) == pytest.approx(factor * hd95_larger(*pair, SPACING_PX), rel=1e-9)


def test_shapes_that_differ_are_refused():
    with pytest.raises(ValueError, match="one shape"):
        hd95_and_assd(np.ones((1, 3, 3), bool), np.ones((2, 3, 3), bool), SPACING_PX)
