import numpy as np
import pytest
from skimage.filters import threshold_otsu

from brainseg.audit.likeness.head import BINS, DARK_TISSUE, find_heads, head_threshold, regions, signal
from tests.audit.conftest import head


def disc(side_px: int, radius_px: float) -> np.ndarray:
    y, x = np.mgrid[:side_px, :side_px] - (side_px - 1) / 2
    return y**2 + x**2 < radius_px**2


def test_signal_is_the_distance_from_air_whatever_air_is():
    image = np.full((1, 40, 40, 2), 7, np.uint8)
    image[0, ..., 1] = 200  # a channel with bright air
    image[0, disc(40, 12), 0] = 107
    image[0, disc(40, 12), 1] = 100
    expected = disc(40, 12)[None].astype(np.float32)
    np.testing.assert_allclose(signal(image), expected, atol=1e-6)


def test_a_channel_of_one_value_does_not_count():
    image = np.zeros((1, 40, 40, 3), np.uint16)
    image[0, disc(40, 12), 1] = 30000
    image[..., 2] = 9
    assert signal(image).max() == pytest.approx(1)
    assert not signal(np.full((2, 8, 8, 3), 5, np.uint8)).any()


def test_the_threshold_is_scikit_images_otsu_of_the_square_root(rng):
    stack = np.clip(
        np.where(rng.random((4, 50, 50)) < 0.6, rng.gamma(2, 0.01, (4, 50, 50)), rng.normal(0.6, 0.1)), 0, 1
    )
    counts, edges = np.histogram(np.sqrt(stack), BINS, (0, 1))
    otsu = threshold_otsu(hist=(counts, (edges[:-1] + edges[1:]) / 2))
    assert np.sqrt(head_threshold(stack)) / DARK_TISSUE == pytest.approx(otsu, abs=1 / BINS)


def test_a_region_is_the_largest_without_holes():
    stack = np.zeros((2, 60, 60), np.float32)
    stack[0, disc(60, 20)] = 0.8
    stack[0, disc(60, 6)] = 0.0  # a hole
    stack[0, :4, :4] = 0.8  # something beside the head
    np.testing.assert_array_equal(regions(stack), np.stack([disc(60, 20), np.zeros((60, 60), bool)]))


@pytest.mark.parametrize("side_px", [96, 200, 301])
def test_the_head_of_a_phantom_is_found_on_its_own_grid(side_px):
    image, mask = head(3, slices=6, side_px=side_px)
    found = find_heads(image).on_grid(side_px, side_px)
    assert found.shape == mask.shape and not (mask & ~found).any()
    assert 0.25 < found[2].mean() < 0.55 and not found[:, 0].any()


def test_small_sections_do_not_show_the_head():
    stack = np.zeros((4, 64, 64, 1), np.uint8)
    for place, radius in enumerate((4, 25, 25, 9)):
        stack[place, disc(64, radius)] = 100
    assert find_heads(stack).shown.tolist() == [False, True, True, False]


def test_an_empty_stack_shows_nothing():
    heads = find_heads(np.zeros((3, 20, 20, 3), np.uint8))
    assert not heads.inside.any() and not heads.shown.any()
