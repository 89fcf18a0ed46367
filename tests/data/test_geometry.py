import numpy as np
import pytest
from scipy.ndimage import zoom
from skimage.transform import resize

from brainseg.data.geometry import Geometry, aspect_of, resize_square, slice_step_of, voxel_ml

GRID = {"mode": "grid-constant", "grid_mode": True}
BOXES = {
    "whole": Geometry(40, 40, 0, 40, 0, 40),
    "tall": Geometry(50, 40, 3, 46, 5, 30),
    "wide": Geometry(40, 50, 10, 31, 1, 49),
    "one pixel": Geometry(20, 20, 7, 8, 9, 10),
}


def padded_box(g: Geometry, volume: np.ndarray) -> np.ndarray:
    """The straightforward way: crop, then pad the shorter side, the odd pixel at the end."""
    box = volume[:, g.top : g.bottom, g.left : g.right]
    missing = [g.square_px - box.shape[1], g.square_px - box.shape[2]]
    return np.pad(box, [(0, 0), *((m // 2, m - m // 2) for m in missing)])


@pytest.mark.parametrize("g", BOXES.values(), ids=BOXES)
@pytest.mark.parametrize("side_px", [16, 40, 64, 77])
@pytest.mark.parametrize("order", [0, 1, 2])
def test_to_square_equals_scikit_image(g, side_px, order, rng):
    volume = rng.random((2, g.height, g.width)).astype(np.float32)
    expected = resize(
        padded_box(g, volume), (2, side_px, side_px), order=order, mode="constant", anti_aliasing=False, clip=False
    )
    np.testing.assert_allclose(g.to_square(volume, side_px, order), expected, atol=1e-5)


@pytest.mark.parametrize("side_px", [64, 129, 256])
@pytest.mark.parametrize("order", [1, 2])
def test_what_is_left_out_of_a_large_slice_changes_nothing(side_px, order, rng):
    """A box larger than a spline reaches, where most of the weights are left out."""
    g = Geometry(300, 280, 20, 290, 30, 230)
    volume = rng.random((g.height, g.width))
    box = padded_box(g, volume[None])[0]
    matrix = zoom(np.eye(g.square_px), (side_px / g.square_px, 1), order=order, **GRID)
    expected = matrix @ box @ matrix.T
    np.testing.assert_allclose(g.to_square(volume, side_px, order), expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("dtype", [bool, np.uint8])
def test_nearest_pixels_preserve_their_dtype(dtype, rng):
    g = BOXES["tall"]
    volume = rng.integers(0, 2, (2, g.height, g.width)).astype(dtype)
    assert g.to_square(volume, 64, order=0).dtype == dtype


@pytest.mark.parametrize("g", BOXES.values(), ids=BOXES)
def test_there_and_back_at_the_same_size_is_exact_inside_the_box_and_zero_outside(g, rng):
    volume = rng.random((3, g.height, g.width)).astype(np.float32)
    back = g.to_file(g.to_square(volume, g.square_px, order=1))
    inside = np.zeros_like(volume)
    inside[:, g.top : g.bottom, g.left : g.right] = volume[:, g.top : g.bottom, g.left : g.right]
    np.testing.assert_allclose(back, inside, atol=1e-6)


def test_a_disc_survives_resizing_to_the_network_and_back():
    g = Geometry(120, 100, 10, 110, 5, 95)
    row, column = np.mgrid[:120, :100]
    disc = ((row - 70) ** 2 + (column - 40) ** 2 < 20**2)[None]
    back = g.to_file(g.to_square(disc, 64, order=1)) > 0.5
    overlap = 2 * (disc & back).sum() / (disc.sum() + back.sum())
    assert overlap > 0.97
    assert abs(np.argwhere(back[0]).mean(axis=0) - [70, 40]).max() < 0.1  # not shifted


FINE = Geometry(120, 100, 10, 110, 5, 95)  # of pixels of 0.5 mm
LONG = Geometry(120, 50, 10, 110, 2, 48, aspect=0.5)  # the same place, of pixels twice as wide as high
HIGH = Geometry(60, 100, 5, 55, 5, 95, aspect=2.0)  # and twice as high as wide


@pytest.mark.parametrize("coarse", [LONG, HIGH], ids=["long", "high"])
def test_pixels_that_are_not_square_become_square(coarse):
    """A disc on pixels of another form is the disc that square pixels give, at the same place."""
    row, column = np.mgrid[: coarse.height, : coarse.width] + 0.5
    row, column = row * (120 / coarse.height), column * (100 / coarse.width)
    disc = ((row - 70) ** 2 + (column - 40) ** 2 < 20**2)[None]
    row, column = np.mgrid[:120, :100] + 0.5
    fine = ((row - 70) ** 2 + (column - 40) ** 2 < 20**2)[None]
    squares = [g.to_square(volume, 64, order=1) > 0.5 for g, volume in ((coarse, disc), (FINE, fine))]
    shared = 2 * (squares[0] & squares[1]).sum() / sum(square.sum() for square in squares)
    assert shared > 0.96
    assert abs(np.argwhere(squares[0][0]).mean(axis=0) - np.argwhere(squares[1][0]).mean(axis=0)).max() < 0.6
    back = coarse.to_file(squares[0].astype(float)) > 0.5
    assert back.shape == disc.shape and 2 * (back & disc).sum() / (back.sum() + disc.sum()) > 0.95


def test_the_square_is_square_in_mm_and_counted_in_the_finer_pixels():
    assert (FINE.square_px, LONG.square_px, HIGH.square_px) == (100, 100, 100)
    assert Geometry(10, 10, 0, 10, 0, 10, aspect=3.0).square_px == 30


def test_the_whole_of_a_box_is_inside_the_square_whatever_its_pixels():
    for aspect in (0.01, 0.3, 0.97, 1.03, 1.7, 100.0):
        box = Geometry(9, 7, 1, 8, 2, 7, aspect)
        constant = box.to_file(np.ones((1, 16, 16)))
        np.testing.assert_allclose(constant[0, 1:8, 2:7], 1, rtol=1e-6)


@pytest.mark.parametrize(
    ("spacing_mm", "aspect"),
    [(None, 1.0), ((5.0, 0.9, 0.9), 1.0), ((5.0, 1.0, 1.02), 1.0), ((1.0, 3.0, 1.5), 2.0), ((1.0, 0.5, 2.0), 0.25)],
)
def test_the_aspect_is_the_height_of_a_pixel_over_its_width(spacing_mm, aspect):
    assert aspect_of(spacing_mm) == aspect


def test_a_voxel_of_5_by_half_by_half_mm():
    assert voxel_ml((5.0, 0.5, 0.5)) == 0.00125


def test_linear_resizing_preserves_a_constant_up_to_the_edge():
    np.testing.assert_allclose(resize_square(np.full((1, 10, 10), 0.7), 33), 0.7, rtol=1e-6)


def test_resizing_to_the_same_side_changes_nothing(rng):
    square = rng.random((2, 9, 9)).astype(np.float32)
    np.testing.assert_array_equal(resize_square(square, 9), square)


def test_the_slice_step_is_in_widths_of_a_pixel_and_4_where_the_spacing_is_not_known():
    assert slice_step_of((5.0, 2.0, 0.5)) == 10.0
    assert slice_step_of(None) == 4.0 == Geometry(8, 8, 0, 8, 0, 8).slice_step
