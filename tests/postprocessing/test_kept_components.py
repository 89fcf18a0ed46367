import numpy as np
import pytest
from skimage.measure import label

from brainseg.postprocessing.kept_components import components_by_share, components_by_size
from brainseg.postprocessing.largest_component import largest_component

MASK = np.array([[[1, 1, 1, 0, 1, 0, 1, 1]]], bool)  # 3, 1 and 2 voxels
PROBABILITY = np.array([[[100, 100, 100, 90, 240, 0, 75, 75]]], np.uint8)  # masses of 300, 240 and 150


@pytest.mark.parametrize(
    ("least_share", "expected"),
    [
        (1.0, [1, 1, 1, 0, 0, 0, 0, 0]),
        (0.81, [1, 1, 1, 0, 0, 0, 0, 0]),
        (0.8, [1, 1, 1, 0, 1, 0, 0, 0]),
        (0.5, [1, 1, 1, 0, 1, 0, 1, 1]),
    ],
)
def test_by_share_by_hand(least_share, expected):
    assert components_by_share(MASK, PROBABILITY, least_share).tolist() == [[list(map(bool, expected))]]


def test_the_share_is_of_the_largest_mass_not_of_the_most_voxels():
    probability = np.where(MASK, 10, 0).astype(np.uint8)
    probability[0, 0, 4] = 255  # the single voxel has the largest mass
    assert components_by_share(MASK, probability, 0.2)[0, 0].tolist() == [False] * 4 + [True] + [False] * 3


@pytest.mark.parametrize(
    ("least_voxels", "expected"),
    [(1, MASK[0, 0]), (2, [1, 1, 1, 0, 0, 0, 1, 1]), (3, [1, 1, 1, 0, 0, 0, 0, 0]), (4, [0] * 8)],
)
def test_by_size_by_hand(least_voxels, expected):
    assert components_by_size(MASK, least_voxels).tolist() == [[list(map(bool, expected))]]


@pytest.mark.parametrize("seed", range(3))
def test_equal_to_the_components_of_scikit_image_on_random_masks(seed):
    rng = np.random.default_rng(seed)
    mask, probability = rng.random((4, 12, 11)) < 0.25, rng.integers(0, 256, (4, 12, 11)).astype(np.uint8)
    labels = label(mask, connectivity=1)
    voxels = np.bincount(labels.ravel())
    large = [number for number in range(1, labels.max() + 1) if voxels[number] >= 4]
    np.testing.assert_array_equal(components_by_size(mask, 4), np.isin(labels, large))
    mass = {number: int(probability[labels == number].sum()) for number in range(1, labels.max() + 1)}
    kept = [number for number, its_mass in mass.items() if its_mass >= 0.3 * max(mass.values())]
    np.testing.assert_array_equal(components_by_share(mask, probability, 0.3), np.isin(labels, kept))


def test_where_all_voxels_are_equally_probable_a_share_of_1_is_the_largest_component(rng):
    mask = rng.random((4, 12, 11)) < 0.2
    found = components_by_share(mask, np.full(mask.shape, 9, np.uint8), 1.0)
    assert found[largest_component(mask)].all()
    assert len(np.unique(np.bincount(label(found, connectivity=1).ravel())[1:])) == 1  # and those of its size


@pytest.mark.parametrize("mask", [np.zeros((2, 3, 4), bool), np.ones((2, 3, 4), bool)], ids=["empty", "full"])
def test_an_empty_mask_stays_empty_and_a_full_one_full(mask):
    np.testing.assert_array_equal(components_by_share(mask, np.ones(mask.shape, np.uint8), 0.5), mask)
    np.testing.assert_array_equal(components_by_size(mask, 24), mask)


def test_the_given_mask_is_left_alone():
    before = MASK.copy()
    components_by_share(MASK, PROBABILITY, 0.9)
    components_by_size(MASK, 3)
    np.testing.assert_array_equal(MASK, before)
