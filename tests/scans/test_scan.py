import numpy as np
import pytest

from brainseg.archs.shared.input import CHANNELS
from brainseg.scans.read import scan_from_array
from brainseg.scans.scan import SEQUENCES


def test_the_channels_are_those_of_the_networks():
    assert SEQUENCES == CHANNELS


def test_square_pixels_give_the_same_array_back(rng):
    scan = scan_from_array(rng.integers(0, 256, (3, 8, 6, 3)).astype(np.uint8), (5.0, 1.0, 1.0))
    probability = rng.integers(0, 256, (3, 8, 6)).astype(np.uint8)
    assert scan.to_axial(probability) is probability


def test_other_pixels_are_resized_back_to_the_scans_own_grid(rng):
    array = rng.integers(0, 256, (3, 8, 6, 3)).astype(np.uint8)
    scan = scan_from_array(array, (5.0, 1.0, 3.0))
    assert scan.image.shape == (3, 8, 18, 3)
    assert (scan.axial_shape, scan.spacing_mm) == ((3, 8, 6), (5.0, 1.0, 3.0))
    back = scan.to_axial(scan.image[..., 1])
    np.testing.assert_array_equal(back, array[..., 1])  # of three pixels the middle one is the old one
    assert back.dtype == np.uint8


def test_a_probability_on_another_grid_is_refused():
    scan = scan_from_array(np.ones((3, 8, 6), np.uint8))
    with pytest.raises(ValueError, match=r"probability is \(3, 8, 5\); expected \(3, 8, 6\)"):
        scan.to_axial(np.zeros((3, 8, 5), np.uint8))
