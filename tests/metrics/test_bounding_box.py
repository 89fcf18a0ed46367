import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from brainseg.metrics.bounding_box import box_around

PAIRS = arrays(bool, (2, 3, 5, 6))
steady = settings(max_examples=40, derandomize=True, database=None)


def test_hand_computed():
    first, second = np.zeros((2, 5, 8, 9), bool)
    first[1, 2, 3] = second[3, 6, 3] = True
    assert box_around(first) == (slice(1, 2), slice(2, 3), slice(3, 4))
    assert box_around(first, second) == (slice(1, 4), slice(2, 7), slice(3, 4))


def test_a_margin_ends_at_the_volume():
    mask = np.zeros((4, 8, 9), bool)
    mask[0, 1, 6:8] = True
    assert box_around(mask, margin_px=(0, 3, 1)) == (slice(0, 1), slice(0, 5), slice(5, 9))


def test_empty_masks_have_an_empty_box():
    empty = np.zeros((3, 4, 5), bool)
    assert empty[box_around(empty, empty)].shape == (0, 0, 0)
    assert empty[box_around(empty, margin_px=(0, 2, 2))].size == 0


def test_shapes_that_differ_are_refused_even_if_they_broadcast():
    with pytest.raises(ValueError, match="one shape"):
        box_around(np.ones((1, 3, 3), bool), np.ones((2, 3, 3), bool))


@steady
@given(PAIRS, st.sampled_from([None, (0, 1, 2)]))
def test_nothing_is_left_out_and_no_side_of_the_box_is_bare(pair, margin_px):
    box = box_around(*pair, margin_px=margin_px)
    assert [mask[box].sum() for mask in pair] == [mask.sum() for mask in pair]
    if margin_px is None and pair.any():
        either = pair.any(0)[box]
        assert all(either.take(end, axis).any() for axis in range(3) for end in (0, -1))
