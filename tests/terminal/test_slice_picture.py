import numpy as np
import pytest

from brainseg.figures.style import PREDICTION, TRUTH
from brainseg.terminal.slice_picture import BOTH, largest_lesion, legend, slice_pixels, white


def rgb(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour[1:]))


def places(pixels: np.ndarray, colour: str) -> set[tuple[int, int]]:
    return set(map(tuple, np.argwhere((pixels == rgb(colour)).all(axis=2)).tolist()))


def frame(rows: range, columns: range) -> set[tuple[int, int]]:
    """The outermost pixels of a rectangle."""
    edges = {rows[0], rows[-1]}, {columns[0], columns[-1]}
    return {(row, column) for row in rows for column in columns if row in edges[0] or column in edges[1]}


@pytest.fixture
def bright() -> np.ndarray:
    """A head that fills the slice, so that nothing is cut off."""
    return np.full((24, 20), 120, np.uint8)


def rectangle(rows: range, columns: range, shape: tuple[int, int] = (24, 20)) -> np.ndarray:
    mask = np.zeros(shape, bool)
    mask[rows.start : rows.stop, columns.start : columns.stop] = True
    return mask


NOTHING = rectangle(range(0), range(0))


def test_outlines_have_their_colours_and_a_third_where_they_meet(bright):
    truth, prediction = (range(4, 12), range(5, 11)), (range(4, 12), range(7, 15))
    pixels = slice_pixels(bright, rectangle(*truth), rectangle(*prediction), 240, 20)
    assert pixels.shape == (24, 20, 3) and pixels.dtype == np.uint8
    edges = frame(*truth), frame(*prediction)
    assert places(pixels, BOTH) == edges[0] & edges[1]
    assert places(pixels, TRUTH) == edges[0] - edges[1]
    assert places(pixels, PREDICTION) == edges[1] - edges[0]
    grey = {(row, column) for row in range(24) for column in range(20)} - edges[0] - edges[1]
    assert all((pixels[place] == round(255 * 120 / 240)).all() for place in grey)


def test_pixels_are_means_of_what_they_cover(rng):
    image = rng.integers(60, 200, (24, 20)).astype(np.uint8)
    pixels = slice_pixels(image, NOTHING, NOTHING, 200, 10)
    means = image.reshape(12, 2, 10, 2).mean(axis=(1, 3)) / 200 * 255
    assert (pixels[..., 0] == pixels[..., 1]).all() and (pixels[..., 0] == pixels[..., 2]).all()
    assert np.abs(pixels[..., 0] - means).max() <= 0.51


def test_brighter_than_white_is_white(bright):
    assert (slice_pixels(bright, NOTHING, NOTHING, 60, 20) == 255).all()


def test_a_lesion_smaller_than_a_pixel_is_still_seen(bright):
    pixels = slice_pixels(bright, rectangle(range(6, 7), range(9, 10)), NOTHING, 240, 5)
    assert places(pixels, TRUTH) == {(1, 2)}


def test_air_around_the_head_is_cut_off_but_no_lesion():
    image = np.zeros((64, 64), np.uint8)
    image[20:40, 10:50] = 200
    nothing = image > 255
    assert (image == 200).mean() < 0.2
    assert (slice_pixels(image, nothing, nothing, 200, 40) == 255).mean() > 0.6
    lesion = rectangle(range(60, 64), range(30, 34), (64, 64))
    assert places(slice_pixels(image, lesion, nothing, 200, 40), TRUTH)


def test_a_slice_that_is_all_air_is_shown_whole():
    air = np.zeros((16, 16), np.uint8)
    assert slice_pixels(air, air > 0, air > 0, 1, 16).shape == (16, 16, 3)


@pytest.mark.parametrize(("aspect", "shape"), [(1.0, (24, 20, 3)), (0.5, (12, 20, 3)), (2.0, (25, 10, 3))])
def test_pixels_are_square_and_a_tall_picture_is_narrower(bright, aspect, shape):
    shown = slice_pixels(bright, NOTHING, NOTHING, 240, 20, aspect).shape
    assert abs(shown[0] - shape[0]) <= 1 and shown[1:] == shape[1:]


def test_the_slice_with_most_of_the_lesion():
    truth, prediction = np.zeros((2, 5, 4, 4), bool)
    assert largest_lesion(truth, prediction) == 2
    prediction[4, :2] = True
    assert largest_lesion(truth, prediction) == 4
    truth[1, 0, 0] = True
    truth[3, 0, :2] = True
    assert largest_lesion(truth, prediction) == 3


def test_white_is_no_single_bright_voxel():
    image = np.full((10, 100, 100), 50, np.uint8)
    image[0, 0, :20] = 255
    assert white(image) == 50
    assert white(np.zeros((2, 3, 3))) == 1


def test_the_legend_has_a_word_for_each_colour():
    shown = legend("FLAIR")
    assert shown.plain == "FLAIR; outlines: ■ truth, ■ prediction, ■ both"
    assert [str(span.style) for span in shown.spans] == [TRUTH, PREDICTION, BOTH]


def test_the_colours_differ_in_brightness_for_those_who_do_not_see_hues():
    """Relative luminance of sRGB, as WCAG defines it; neighbours differ by a contrast of 1.4 or more."""

    def luminance(colour: str) -> float:
        linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in (c / 255 for c in rgb(colour))]
        return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))

    dark, middle, light = (luminance(colour) + 0.05 for colour in (PREDICTION, TRUTH, BOTH))
    assert middle / dark >= 1.4 and light / middle >= 1.4
