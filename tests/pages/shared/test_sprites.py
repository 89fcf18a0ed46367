import base64
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from brainseg.pages.shared.sprites import (
    columns,
    grey_sheet,
    mask_sheet,
    probability_sheet,
    shrunk,
    side_by_side,
    to_grey,
)


def decoded(sheet: str) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(base64.b64decode(sheet.partition("base64,")[2]))).convert("L"))


def tile(sheet: np.ndarray, slice_number: int, slices: int, height: int, width: int) -> np.ndarray:
    row, column = divmod(slice_number, columns(slices))
    return sheet[row * height : (row + 1) * height, column * width : (column + 1) * width]


@pytest.mark.parametrize("slices", [1, 2, 5, 9, 36])
def test_every_slice_is_in_its_place(slices):
    volume = np.arange(slices * 12, dtype=np.uint16).reshape(slices, 3, 4)
    sheet = side_by_side(volume)
    for number in range(slices):
        assert (tile(sheet, number, slices, 3, 4) == volume[number]).all()
    assert sheet.sum() == volume.sum()  # the rest is 0


def test_a_mask_comes_back_bit_by_bit(rng):
    mask = rng.random((5, 17, 23)) > 0.6
    sheet = decoded(mask_sheet(mask))
    assert all((tile(sheet, k, 5, 17, 23) == 255 * mask[k]).all() for k in range(5))


def test_a_probability_comes_back_to_the_nearest_fifteenth(rng):
    probability = rng.integers(0, 256, (5, 17, 23)).astype(np.uint8)
    sheet = decoded(probability_sheet(probability)).astype(int)
    for k in range(5):
        assert np.abs(tile(sheet, k, 5, 17, 23) - probability[k].astype(int)).max() <= 9
    assert set(np.unique(decoded(probability_sheet(np.array([[[0, 255]]], np.uint8))))) == {0, 255}


def test_grey_comes_back_nearly(rng):
    row, column = np.mgrid[:64, :64]
    volume = np.stack([(2 * row + column + 10 * k).astype(np.uint8) for k in range(4)])
    sheet = decoded(grey_sheet(volume)).astype(int)
    assert np.abs(sheet - side_by_side(volume)).mean() < 2


def test_white_is_nearly_the_brightest_and_black_is_0():
    channel = np.zeros((10, 100, 100))
    channel[0, :50] = 400
    channel[0, 0, 0] = 1e6  # one bright voxel darkens nothing
    channel[1, 0, 0] = -5
    grey, white = to_grey(channel)
    assert white == 400 and grey.dtype == np.uint8
    assert grey[0, 0, 0] == grey[0, 1, 0] == 255 and grey[1, 0, 0] == grey[9].max() == 0


def test_an_empty_channel_is_black():
    assert to_grey(np.zeros((2, 3, 3)))[1] == 1 and to_grey(np.zeros((2, 3, 3)))[0].max() == 0


@pytest.mark.parametrize(
    ("side", "limit", "shape"), [(256, 256, (256, 128)), (257, 256, (129, 64)), (512, 256, (256, 128))]
)
def test_long_sides_are_thinned(side, limit, shape):
    volume = np.zeros((2, side, side // 2))
    assert shrunk(volume, limit).shape == (2, *shape)
