import numpy as np
import pytest
from medpy.filter.binary import largest_connected_component

from brainseg.postprocessing.largest_component import largest_component


@pytest.mark.parametrize("density", [0.02, 0.15, 0.3, 0.6])
@pytest.mark.parametrize("seed", range(3))
def test_equals_medpy_on_random_masks(density, seed):
    mask = np.random.default_rng(seed).random((5, 12, 11)) < density
    np.testing.assert_array_equal(largest_component(mask), largest_connected_component(mask))


def test_a_component_goes_on_through_slices():
    mask = np.zeros((3, 4, 4), bool)
    mask[:, 0, 0] = True  # 3 voxels, one a slice
    mask[1, 3, 2:] = True  # 2 voxels in one slice
    expected = np.zeros_like(mask)
    expected[:, 0, 0] = True
    np.testing.assert_array_equal(largest_component(mask), expected)


@pytest.mark.parametrize("corner", [(0, 1, 1), (1, 0, 1), (1, 1, 0), (1, 1, 1)])
def test_voxels_that_touch_at_an_edge_or_corner_are_not_joined(corner):
    mask = np.zeros((2, 2, 2), bool)
    mask[0, 0, 0] = mask[corner] = True
    assert np.argwhere(largest_component(mask)).tolist() == [[0, 0, 0]]


def test_of_equal_components_the_first_is_retained():
    mask = np.array([[[1, 1, 0, 1, 1]]], bool)
    assert largest_component(mask).tolist() == [[[True, True, False, False, False]]]


def test_an_empty_mask_stays_empty():
    assert not largest_component(np.zeros((2, 3, 4), bool)).any()


def test_a_single_component_stays_as_it_is(rng):
    mask = np.zeros((4, 6, 6), bool)
    mask[1:3, 2:5, 1:4] = True
    np.testing.assert_array_equal(largest_component(mask), mask)


def test_the_given_mask_is_left_alone(rng):
    mask = rng.random((3, 8, 8)) < 0.3
    before = mask.copy()
    largest_component(mask)
    np.testing.assert_array_equal(mask, before)
