import numpy as np
import pytest
from skimage.measure import label

from brainseg.postprocessing.largest_by_depth import largest_by_depth
from brainseg.postprocessing.largest_component import largest_component

MASK = np.array([[[1, 1, 1, 0, 1, 0, 1, 1]]], bool)


@pytest.mark.parametrize(
    ("depth", "expected"),
    [
        ([1, 1, 1, 9, 2, 9, 1, 1], [1, 1, 1, 0, 0, 0, 0, 0]),  # sums of 3, 2 and 2
        ([1, 1, 1, 0, 4, 0, 1, 1], [0, 0, 0, 0, 1, 0, 0, 0]),
        ([1, 1, 1, 0, 2, 0, 0, 4], [0, 0, 0, 0, 0, 0, 1, 1]),
        ([1, 1, 1, 0, 3, 0, 1, 1], [1, 1, 1, 0, 0, 0, 0, 0]),  # of equal ones the first
        ([0] * 8, [1, 1, 1, 0, 0, 0, 0, 0]),  # outside the head: the first
    ],
)
def test_by_hand(depth, expected):
    found = largest_by_depth(MASK, np.array([[depth]], np.uint8))
    assert found.dtype == bool and found.tolist() == [[list(map(bool, expected))]]


@pytest.mark.parametrize("mask", [np.zeros((2, 3, 3), bool), np.ones((2, 3, 3), bool)])
def test_none_or_one_component_stays(mask):
    assert largest_by_depth(mask, np.zeros(mask.shape, np.uint8)) is mask


@pytest.mark.parametrize("seed", range(3))
def test_equal_to_the_components_of_scikit_image(seed):
    rng = np.random.default_rng(seed)
    mask, depth = rng.random((6, 20, 20)) > 0.6, rng.integers(0, 50, (6, 20, 20)).astype(np.uint8)
    labels = label(mask, connectivity=1)
    sums = [depth[labels == number].sum(dtype=int) for number in range(1, labels.max() + 1)]
    np.testing.assert_array_equal(largest_by_depth(mask, depth), labels == 1 + int(np.argmax(sums)))


def test_with_one_depth_everywhere_it_is_the_largest_component(rng):
    mask = rng.random((6, 20, 20)) > 0.6
    np.testing.assert_array_equal(largest_by_depth(mask, np.full(mask.shape, 7, np.uint8)), largest_component(mask))
