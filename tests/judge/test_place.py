from pathlib import Path

import numpy as np
import pytest

from brainseg.core.errors import UserError
from brainseg.data.geometry import Geometry
from brainseg.judge.place import on_file_grid
from brainseg.judge.read import Given

GEOMETRY = Geometry(height=6, width=8, top=1, bottom=5, left=2, right=6)  # a square box of 4
MASK = np.zeros((2, 6, 8), np.uint8)
MASK[0, 2:4, 3:5] = 255


def placed(array, grid, is_mask=True):
    return on_file_grid(Path("a.npy"), Given(array, is_mask), 2, GEOMETRY, grid)


def test_on_the_files_grid_nothing_changes():
    found = placed(MASK, "file")
    assert found.on_file_grid is MASK and found.on_network_grid is None


def test_a_mask_of_twice_the_size_comes_back_as_it_was():
    found = placed(MASK.repeat(2, 1).repeat(2, 2), "resized")
    assert np.array_equal(found.on_file_grid, MASK) and found.on_network_grid is None


def test_a_mask_stays_one_and_probabilities_are_interpolated():
    small = MASK[:, ::2, ::2].copy()
    assert set(np.unique(placed(small, "resized").on_file_grid)) <= {0, 255}
    assert len(np.unique(placed(small, "resized", is_mask=False).on_file_grid)) > 2


def test_the_square_of_the_network_goes_into_the_box():
    square = MASK[:, 1:5, 2:6]
    found = placed(square, "network")
    assert np.array_equal(found.on_file_grid, MASK) and found.on_network_grid is square


@pytest.mark.parametrize(
    ("shape", "grid", "reported"),
    [
        ((2, 6, 7), "file", "a.npy: is 2 × 6 × 7; expected 2 × 6 × 8, as the patient's files"),
        ((3, 6, 8), "file", "is 3 × 6 × 8; expected 2 × 6 × 8"),
        ((3, 6, 8), "resized", "is 3 × 6 × 8; expected 2 slices"),
        ((2, 6, 8), "network", "is 2 × 6 × 8; expected 2 slices of squares"),
    ],
)
def test_another_size_is_reported(shape, grid, reported):
    with pytest.raises(UserError, match=reported):
        placed(np.zeros(shape, np.uint8), grid)
