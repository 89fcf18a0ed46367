import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.ndimage import distance_transform_edt, gaussian_filter

from brainseg.metrics.calibration import calibration_error, reliability

PROBABILITIES = arrays(np.uint8, (2, 4, 5))
TRUTHS = arrays(bool, (2, 4, 5), elements=st.sampled_from([True, False, False, False]))
EVERYWHERE_PX = 99
steady = settings(max_examples=40, derandomize=True, database=None)


def one_row(*probabilities: int) -> np.ndarray:
    return np.array([[probabilities]], np.uint8)


def blobs(rng) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of lesion and a truth drawn from something like them, with an empty slice."""
    smooth = gaussian_filter(rng.standard_normal((5, 60, 50)), (0, 4, 4))
    smooth[1] = -1
    probability = (255 / (1 + np.exp(-(smooth - 0.1) * 40))).astype(np.uint8)
    return probability, smooth + 0.02 * rng.standard_normal(smooth.shape) > 0.1


def test_hand_computed():
    probability = one_row(0, 51, 102, 153, 255, 255)  # 0, 0.2, 0.4, 0.6, 1, 1
    truth = np.array([[[0, 1, 0, 1, 1, 0]]], bool)
    counts = reliability(probability, truth, EVERYWHERE_PX, bins=5)
    assert counts.voxels.tolist() == [2, 1, 1, 0, 2]
    assert counts.probability == pytest.approx([0.2, 0.4, 0.6, 0, 2])
    assert counts.lesion.tolist() == [1, 0, 1, 0, 1]
    assert calibration_error(counts) == pytest.approx((0.8 + 0.4 + 0.4 + 0 + 1) / 6)


def test_what_is_near_by_hand():
    probability, truth = np.zeros((3, 9, 9), np.uint8), np.zeros((3, 9, 9), bool)
    truth[0, 4, 4] = True
    probability[1, 0, 0] = 128  # above 0.5; what is no more than 127 draws nothing near
    probability[2, 4, 4] = 127
    for near_px, around_the_lesion, around_the_corner in ((0, 1, 1), (1, 5, 3), (1.5, 9, 4), (2, 13, 6)):
        counts = reliability(probability, truth, near_px, bins=10)
        assert counts.voxels.sum() == around_the_lesion + around_the_corner
        assert counts.lesion.tolist() == [1, *[0] * 9]


def test_neither_lesion_nor_prediction():
    counts = reliability(np.full((2, 4, 4), 127, np.uint8), np.zeros((2, 4, 4), bool), near_px=3, bins=4)
    assert counts.voxels.tolist() == counts.lesion.tolist() == counts.probability.tolist() == [0, 0, 0, 0]
    assert math.isnan(calibration_error(counts))


@pytest.mark.parametrize(("probability", "truth", "expected"), [(255, 1, 0), (255, 0, 1), (0, 1, 1)])
def test_the_surest_predictions(probability, truth, expected):
    volume = np.full((2, 4, 4), probability, np.uint8), np.full((2, 4, 4), truth, bool)
    assert calibration_error(reliability(*volume, 2, bins=10)) == expected


@pytest.mark.parametrize("bins", [1, 5, 10, 15, 17, 255])
@pytest.mark.parametrize("near_px", [0, 2.5, 5])
def test_equals_pandas_bins_over_a_distance_transform_per_slice(bins, near_px, rng):
    probability, truth = blobs(rng)
    far = np.full(truth.shape, np.inf)
    for slice_, seen in enumerate(truth | (probability / 255 > 0.5)):
        if seen.any():
            far[slice_] = distance_transform_edt(~seen)
    near = pd.DataFrame({"value": probability[far <= near_px], "lesion": truth[far <= near_px]})
    ends = [255 * number / bins for number in range(bins + 1)]
    groups = near.groupby(pd.cut(near["value"].astype(float), ends, include_lowest=True), observed=False)
    counts = reliability(probability, truth, near_px, bins)
    assert counts.voxels.tolist() == groups.size().tolist() and counts.voxels.sum() < truth.size
    assert counts.lesion.tolist() == groups["lesion"].sum().tolist()
    table = pd.DataFrame({"gap": groups["lesion"].mean() - groups["value"].mean() / 255, "share": groups.size()})
    expected = (table["gap"].abs() * table["share"]).sum() / len(near)
    assert calibration_error(counts) == pytest.approx(expected, abs=1e-12)


def test_truths_drawn_with_their_probability_are_calibrated_and_bolder_ones_are_not(rng):
    probability = rng.integers(0, 256, (10, 100, 100)).astype(np.uint8)
    truth = rng.random(probability.shape) < probability / 255
    bolder = np.where(probability > 127, 255, 0).astype(np.uint8)
    assert calibration_error(reliability(probability, truth, EVERYWHERE_PX, 15)) < 0.01
    assert calibration_error(reliability(bolder, truth, EVERYWHERE_PX, 15)) == pytest.approx(0.25, abs=0.01)


@steady
@given(PROBABILITIES, TRUTHS, st.sampled_from([0, 1, 2.5]), st.integers(1, 20))
def test_bounds_and_pooling(probability, truth, near_px, bins):
    counts = reliability(probability, truth, near_px, bins)
    assert (counts.lesion <= counts.voxels).all() and counts.lesion.sum() == truth.sum()
    ends = np.arange(bins + 1) / bins
    assert (counts.probability >= ends[:-1] * counts.voxels - 1e-9).all()
    assert (counts.probability <= ends[1:] * counts.voxels + 1e-9).all()
    assert math.isnan(calibration_error(counts)) or 0 <= calibration_error(counts) <= 1
    apart = [reliability(probability[[number]], truth[[number]], near_px, bins) for number in (0, 1)]
    assert (apart[0] + apart[1]).voxels.tolist() == counts.voxels.tolist()
    assert (apart[0] + apart[1]).probability == pytest.approx(counts.probability)
    assert calibration_error(counts + counts) == pytest.approx(calibration_error(counts), nan_ok=True)


@steady
@given(PROBABILITIES, TRUTHS, st.sampled_from([0, 1, 2]))
def test_flips_change_nothing(probability, truth, axis):
    counts = reliability(probability, truth, 1, 7)
    flipped = reliability(np.flip(probability, axis), np.flip(truth, axis), 1, 7)
    assert counts.voxels.tolist() == flipped.voxels.tolist() and counts.lesion.tolist() == flipped.lesion.tolist()


def test_shapes_that_differ_are_refused_even_if_they_broadcast():
    with pytest.raises(ValueError, match="one shape"):
        reliability(np.ones((1, 3, 3), np.uint8), np.ones((2, 3, 3), bool), 2, 10)
