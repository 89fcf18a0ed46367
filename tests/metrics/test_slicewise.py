import medpy.metric.binary as medpy
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from brainseg.metrics.overlap import dsc
from brainseg.metrics.slicewise import dsc_slicewise

PAIRS = arrays(bool, (2, 4, 3, 4))  # a prediction and a truth
steady = settings(max_examples=40, derandomize=True, database=None)


def test_hand_computed():
    prediction, truth = np.zeros((2, 4, 2, 3), bool)
    prediction[0, 0] = truth[0, :, 0] = True  # 3 and 2 pixels, 1 shared
    prediction[1] = truth[2] = True  # each without the other; the last slice is empty in both
    assert dsc_slicewise(prediction, truth) == pytest.approx((2 / 5 + 0 + 0 + 1) / 4)


@pytest.mark.parametrize(("predicted", "true", "expected"), [(0, 0, 1.0), (1, 0, 0.0), (0, 1, 0.0), (1, 1, 1.0)])
def test_empty_and_full_masks(predicted, true, expected):
    result = dsc_slicewise(np.full((2, 3, 3), predicted, bool), np.full((2, 3, 3), true, bool))
    assert result == expected and isinstance(result, float)


def test_a_prediction_of_nothing_scores_the_share_of_empty_slices():
    truth = np.zeros((20, 4, 4), bool)
    truth[9:12] = True
    assert dsc_slicewise(np.zeros_like(truth), truth) == 17 / 20
    assert dsc(np.zeros_like(truth), truth) == 0


@pytest.mark.parametrize("density", [0.05, 0.3, 0.8])
def test_equals_medpy_slice_by_slice(density, rng):
    prediction, truth = rng.random((2, 6, 9, 8)) < density
    by_medpy = [medpy.dc(*pair) if np.any(pair) else 1 for pair in zip(prediction, truth, strict=True)]
    assert dsc_slicewise(prediction, truth) == pytest.approx(np.mean(by_medpy))


@steady
@given(PAIRS)
def test_symmetric_in_0_to_1_and_the_volumes_dsc_of_one_slice(pair):
    assert 0 <= dsc_slicewise(*pair) == dsc_slicewise(*pair[::-1]) <= 1
    assert dsc_slicewise(*pair[:, :1]) == pytest.approx(dsc(*pair[:, :1]))


@steady
@given(PAIRS, st.sampled_from([0, 1, 2]))
def test_flips_change_nothing_and_empty_slices_raise_it(pair, axis):
    assert dsc_slicewise(*np.flip(pair, axis + 1)) == pytest.approx(dsc_slicewise(*pair), abs=1e-12)
    padded = [np.pad(mask, ((2, 2), (1, 1), (3, 0))) for mask in pair]
    assert dsc_slicewise(*padded) == pytest.approx((4 * dsc_slicewise(*pair) + 4) / 8, abs=1e-12)


def test_shapes_that_differ_are_refused_even_if_they_broadcast():
    with pytest.raises(ValueError, match="one shape"):
        dsc_slicewise(np.ones((1, 3, 3), bool), np.ones((2, 3, 3), bool))
