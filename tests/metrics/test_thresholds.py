import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from brainseg.data.predictions import above_threshold
from brainseg.metrics.overlap import dsc
from brainseg.metrics.thresholds import dsc_by_threshold, near_threshold_share

THRESHOLDS = [0.0, 0.05, 0.2, 1 / 3, 0.4, 0.5, 0.6, 128 / 255, 0.95, 254 / 255, 0.999]  # 0.2, 0.4, 0.6: 51, 102, 153
steady = settings(max_examples=40, derandomize=True, database=None)


def test_dsc_by_hand():
    probability = np.array([[[0, 51, 102, 255]]], np.uint8)  # 0, 0.2, 0.4, 1
    truth = np.array([[[0, 0, 1, 1]]], bool)
    found = dsc_by_threshold(probability, truth, [0.1, 0.2, 0.4, 0.99])
    assert found == pytest.approx([4 / 5, 1, 2 / 3, 2 / 3]) and found.dtype == np.float64


def test_empty_masks():
    nothing, sure = np.zeros((2, 3, 3), np.uint8), np.full((2, 3, 3), 255, np.uint8)
    lesion = sure > 0
    assert dsc_by_threshold(nothing, ~lesion, [0.1, 0.5]).tolist() == [1, 1]
    assert dsc_by_threshold(sure, ~lesion, [0.1, 0.5]).tolist() == [0, 0]
    assert dsc_by_threshold(nothing, lesion, [0.1, 0.5]).tolist() == [0, 0]
    assert dsc_by_threshold(sure, lesion, [0.1, 0.5]).tolist() == [1, 1]


@steady
@given(arrays(np.uint8, (2, 3, 4)), arrays(bool, (2, 3, 4)), st.lists(st.floats(0, 1), max_size=5))
def test_equals_the_dsc_of_each_thresholded_mask(probability, truth, more):
    thresholds = THRESHOLDS + more
    expected = [dsc(above_threshold(probability, threshold), truth) for threshold in thresholds]
    assert dsc_by_threshold(probability, truth, thresholds).tolist() == expected


def test_shapes_that_differ_are_refused():
    with pytest.raises(ValueError, match="one shape"):
        dsc_by_threshold(np.ones((1, 3, 3), np.uint8), np.ones((2, 3, 3), bool), [0.5])


@pytest.mark.parametrize(
    ("values", "threshold", "expected"),
    [
        # 0.4 and 0.6 are 102 and 153: strictly above the first, not above the second
        pytest.param([0, 102, 103, 127, 128, 153, 154, 255], 0.5, 4 / 6, id="ends"),
        pytest.param([200, 255], 0.5, 0, id="all sure"),
        pytest.param([110, 140], 0.5, 1, id="none sure"),
        pytest.param([0, 50], 0.5, 0, id="none counts"),
        pytest.param([0, 0, 1, 60], 0.05, 1 / 2, id="background never counts"),
        pytest.param([200, 230, 255], 0.95, 1, id="beyond 1 is nothing"),
    ],
)
def test_near_threshold_by_hand(values, threshold, expected):
    found = near_threshold_share(np.array([[values]], np.uint8), threshold)
    assert found == pytest.approx(expected) and isinstance(found, float)


@steady
@given(arrays(np.uint8, (2, 3, 4)), st.floats(0.01, 0.99), st.floats(0, 0.5))
def test_near_threshold_share_is_one_and_unchanged_by_certain_background(probability, threshold, margin):
    found = near_threshold_share(probability, threshold, margin)
    assert 0 <= found <= 1
    assert near_threshold_share(np.pad(probability, 2), threshold, margin) == found
    assert near_threshold_share(probability, threshold, 0) == 0
    assert near_threshold_share(np.zeros_like(probability), threshold, margin) == 0
