import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial import ConvexHull
from skimage.measure import find_contours, label

from brainseg.metrics.raggedness import raggedness

CUT_PX = math.sqrt(0.5)  # the contour cuts each corner of a mask, half a pixel off both sides
MASKS = arrays(bool, (2, 6, 7))
steady = settings(max_examples=40, derandomize=True, database=None)


def drawn(text: str) -> np.ndarray:
    """A volume of one slice, (1, H, W) bool: # is inside, / ends a row."""
    return np.array([[[pixel == "#" for pixel in row] for row in text.split("/")]])


def disc(radius_px: float) -> np.ndarray:
    rows, columns = np.mgrid[-70:71, -70:71]
    return (rows**2 + columns**2 <= radius_px**2)[None]


@pytest.mark.parametrize(
    ("mask", "expected"),
    [
        pytest.param("#", 1, id="one pixel"),
        pytest.param("####", 1, id="a line"),
        pytest.param("###/###/###", 1, id="a square at the image's edge"),
        pytest.param("...../.####/.####/.....", 1, id="a rectangle"),
        pytest.param("..#../.###./#####/.###./..#..", 1, id="a diamond"),
        pytest.param("#../.#./..#", 1, id="a diagonal, one component of 8 neighbours"),
        # sides of 4 with 4 corners cut, and the hole's diamond of 4 cuts
        pytest.param("#####/#####/##.##/#####/#####", (16 + 8 * CUT_PX) / (16 + 4 * CUT_PX), id="hole"),
        # two sides of 2, two of 1 at the notch, six cuts; the hull's long side is five cuts
        pytest.param("#../#../###", (6 + 6 * CUT_PX) / (4 + 8 * CUT_PX), id="L"),
    ],
)
def test_hand_computed(mask, expected):
    assert raggedness(drawn(mask)) == pytest.approx(expected, abs=1e-12)


def test_of_a_comb_by_hand():
    comb = drawn("#.#.#.#.#/#.#.#.#.#/#.#.#.#.#/#.#.#.#.#/#########")
    # below: 8, left and right 4 each; five teeth end in two cuts each, and between them are four gaps, each of
    # two walls of 3 and two cuts; the two corners below
    assert raggedness(comb) == pytest.approx((8 + 8 + 4 * 6 + (10 + 8 + 2) * CUT_PX) / (8 + 8 + 8 + 4 * CUT_PX))


@pytest.mark.parametrize("radius_px", [10, 30, 60])
def test_a_disc_is_nearly_smooth(radius_px):
    # steps of 45 degrees take 8 (sqrt 2 - 1) diameters around a circle, pi of them is its length
    assert raggedness(disc(radius_px)) == pytest.approx(8 * (math.sqrt(2) - 1) / math.pi, abs=0.02)


def test_a_star_is_ragged_and_more_so_with_more_points():
    rows, columns = np.mgrid[-70:71, -70:71]
    angle, distance_px = np.arctan2(rows, columns), np.hypot(rows, columns)
    stars = [(distance_px <= 45 + 20 * np.cos(points * angle))[None] for points in (3, 6, 12)]
    assert 1.1 < raggedness(stars[0]) < raggedness(stars[1]) < raggedness(stars[2])
    assert raggedness(stars[2]) > 2 > 1.1 > raggedness(disc(60))


def test_noise_on_the_outline_makes_it_ragged(rng):
    assert raggedness(disc(50) ^ (rng.random(disc(50).shape) < 0.1) & (disc(52) ^ disc(48))) > raggedness(disc(50))


def test_components_and_slices_weigh_by_their_area():
    square, l_shape = drawn("####/####/####/####"), drawn("#.../#.../###./....")
    volume, beside = np.concatenate([square, l_shape]), np.concatenate([square, square & False, l_shape], axis=2)
    expected = (16 * 1 + 5 * raggedness(l_shape)) / 21
    assert raggedness(volume) == pytest.approx(expected)
    assert raggedness(beside) == pytest.approx(expected)


@pytest.mark.parametrize("shape", [(0, 4, 4), (1, 1, 1), (3, 5, 6)], ids=str)
def test_an_empty_mask_has_none(shape):
    assert math.isnan(raggedness(np.zeros(shape, bool)))


@steady
@given(MASKS)
def test_equals_scikit_images_contours(mask):
    ratios, areas = [], []
    for components in (label(slice_, connectivity=2) for slice_ in mask):
        for number in range(1, components.max() + 1):
            lines = find_contours(np.pad(components == number, 1).astype(float), 0.5)
            length_px = sum(np.linalg.norm(np.diff(line, axis=0), axis=1).sum() for line in lines)
            ratios.append(length_px / ConvexHull(np.concatenate(lines)).area)
            areas.append((components == number).sum())
    found = raggedness(mask)
    assert found == pytest.approx(np.average(ratios, weights=areas)) if areas else math.isnan(found)


@steady
@given(MASKS, st.sampled_from([0, 1, 2]))
def test_at_least_1_and_the_same_padded_flipped_and_turned(mask, axis):
    found = raggedness(mask)
    assert found >= 1 - 1e-12 or not mask.any()
    for changed in (np.pad(mask, 2), np.flip(mask, axis), np.rot90(mask, axes=(1, 2))):
        assert raggedness(changed) == pytest.approx(found, nan_ok=True)
