from itertools import permutations, product

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from brainseg.scans.volumes.orientation import Grid, axial_grid

CODES = [
    "".join(letters)
    for order in permutations(("RL", "AP", "IS"))
    for letters in product(*order)
]  # fmt: skip


def turned(axial: np.ndarray, code: str, spacing=(1.0, 2.0, 3.0), origin=(5.0, -6.0, 7.0)) -> sitk.Image:
    """The image of an axial (LPS) array, its voxels stored in another orientation by SimpleITK."""
    image = sitk.GetImageFromArray(axial)
    image.SetSpacing(spacing)
    image.SetOrigin(origin)
    return sitk.DICOMOrient(image, code)


def grid_of(image: sitk.Image) -> Grid:
    direction = np.reshape(image.GetDirection(), (3, 3))
    return Grid(image.GetSize(), image.GetSpacing(), image.GetOrigin(), direction)


def test_there_are_48_orientations():
    assert len(set(CODES)) == 48


@pytest.mark.parametrize("code", CODES)
def test_each_orientation_gives_the_same_axial_array_and_comes_back(code, rng):
    axial = rng.integers(0, 1000, (3, 4, 5)).astype(np.int16)
    image = turned(axial, code)
    grid, stored = grid_of(image), sitk.GetArrayFromImage(image).T
    np.testing.assert_array_equal(grid.to_axial(stored), axial)
    np.testing.assert_array_equal(grid.from_axial(axial), stored)
    assert grid.axial_shape == axial.shape
    assert grid.axial_spacing_mm == (3.0, 2.0, 1.0)
    turned_grid = grid.axial()
    np.testing.assert_allclose(turned_grid.direction, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(turned_grid.origin_mm, (5, -6, 7), atol=1e-12)
    assert (turned_grid.shape, turned_grid.spacing_mm) == ((5, 4, 3), (1.0, 2.0, 3.0))


def test_colour_stays_the_last_axis(rng):
    axial = rng.integers(0, 9, (3, 4, 5))
    grid = grid_of(turned(axial, "PIR"))
    colour = np.stack([grid.from_axial(axial), grid.from_axial(axial + 1)], axis=-1)
    np.testing.assert_array_equal(grid.to_axial(colour), np.stack([axial, axial + 1], axis=-1))
    np.testing.assert_array_equal(grid.from_axial(grid.to_axial(colour)), colour)


angles = st.floats(-180, 180)


@given(angles, angles, angles, st.booleans())
def test_a_voxel_preserves_its_place_in_the_patient_at_any_angle(one, two, three, mirrored):
    direction = Rotation.from_euler("xyz", (one, two, three), degrees=True).as_matrix()
    direction[:, 0] *= -1 if mirrored else 1
    grid = Grid((3, 4, 5), (1.0, 2.0, 3.0), (5.0, -6.0, 7.0), direction)
    index = np.moveaxis(np.indices(grid.shape), 0, -1)  # (i, j, k, 3)
    place = grid.origin_mm + (index * grid.spacing_mm) @ direction.T
    axial = grid.axial()
    axial_index = np.moveaxis(np.indices(axial.shape), 0, -1).transpose(
        2, 1, 0, 3
    )  # (S, H, W, 3) of (column, row, slice)
    expected = axial.origin_mm + (axial_index * axial.spacing_mm) @ axial.direction.T
    np.testing.assert_allclose(grid.to_axial(place), expected, atol=1e-9)
    assert (np.diagonal(axial.direction) >= 0).all()
    assert 0 <= grid.oblique_degrees <= 90


@given(st.floats(-40, 40), st.sampled_from("xyz"), st.sampled_from(CODES))
def test_the_nearest_axes_are_those_of_simpleitk(angle, axis, code):
    """Up to 45 degrees about one axis SimpleITK and we agree which way is nearest."""
    image = turned(np.zeros((3, 4, 5), np.uint8), code)
    rotation = Rotation.from_euler(axis, angle, degrees=True).as_matrix()
    image.SetDirection((rotation @ np.reshape(image.GetDirection(), (3, 3))).ravel().tolist())
    expected = sitk.DICOMOrient(image, "LPS")
    axial = grid_of(image).axial()
    assert axial.shape == expected.GetSize()
    np.testing.assert_allclose(axial.direction.ravel(), expected.GetDirection(), atol=1e-9)
    np.testing.assert_allclose(axial.origin_mm, expected.GetOrigin(), atol=1e-9)


@pytest.mark.parametrize("degrees", [0, 17, 30])
def test_how_oblique(degrees):
    direction = Rotation.from_euler("x", degrees, degrees=True).as_matrix()
    assert Grid((2, 2, 2), (1, 1, 1), (0, 0, 0), direction).oblique_degrees == pytest.approx(degrees, abs=1e-5)


def test_the_corners_of_a_grid():
    grid = Grid((3, 1, 2), (1.0, 2.0, 4.0), (10.0, 20.0, 30.0), np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 1.0]]))
    expected = {(10, 20, 30), (10, 20, 34), (10, 18, 30), (10, 18, 34)}
    assert {tuple(corner) for corner in grid.corners_mm()} == expected


def test_an_array_without_a_place_lies_axially_at_the_origin():
    grid = axial_grid((3, 4, 5), (6.0, 1.0, 0.5))
    assert (grid.shape, grid.spacing_mm, grid.axial_spacing_mm) == ((5, 4, 3), (0.5, 1.0, 6.0), (6.0, 1.0, 0.5))
    array = np.arange(60).reshape(3, 4, 5)
    np.testing.assert_array_equal(grid.to_axial(grid.from_axial(array)), array)
    assert axial_grid((3, 4, 5), None).spacing_mm == (1.0, 1.0, 1.0)
