from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk  # noqa: N813
from scipy.spatial.transform import Rotation

from brainseg.core.errors import UserError
from brainseg.scans.dicom import WANTED
from brainseg.scans.dicom_geometry import grid_and_order
from tests.scans.small_scans import OBLIQUE, volume, write_series

SAGITTAL = np.array([[0, 0, -1.0], [1, 0, 0], [0, -1, 0]])  # rows to posterior, columns to inferior


def grid_of(paths: list[Path]):
    paths = sorted(paths)
    headers = [pydicom.dcmread(path, stop_before_pixels=True) for path in paths]
    return grid_and_order([{key: header.get(key) for key in WANTED} for header in headers], paths), paths


@pytest.mark.parametrize(
    "direction", [np.eye(3), OBLIQUE, SAGITTAL, Rotation.from_euler("xyz", (170, 20, 80), degrees=True).as_matrix()]
)
def test_the_grid_is_that_of_simpleitk(tmp_path, direction):
    written = write_series(tmp_path, volume((5, 6, 4)), spacing=(0.75, 1.5, 4.0), direction=direction)
    (grid, order), paths = grid_of(written)
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames([str(path) for path in sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(tmp_path))])
    expected = reader.Execute()
    assert grid.shape == expected.GetSize()
    np.testing.assert_allclose(grid.spacing_mm, expected.GetSpacing(), atol=1e-6)
    np.testing.assert_allclose(grid.origin_mm, expected.GetOrigin(), atol=1e-6)
    np.testing.assert_allclose(grid.direction.ravel(), expected.GetDirection(), atol=1e-6)
    assert [paths[number] for number in order] == written  # named against the order of their positions


def test_a_single_slice_has_its_thickness(tmp_path):
    (grid, _), _ = grid_of(write_series(tmp_path, volume((1, 6, 5)), spacing=(1.0, 1.0, 6.0)))
    assert grid.spacing_mm == (1.0, 1.0, 6.0)


def test_positions_may_be_rounded(tmp_path):
    paths = write_series(tmp_path, volume())
    change(paths[1], ImagePositionPatient=["-10", "-20", "35.1"])
    assert grid_of(paths)[0][0].spacing_mm[2] == pytest.approx(5)


def change(path: Path, **tags: object) -> None:
    image = pydicom.dcmread(path)
    for tag, value in tags.items():
        setattr(image, tag, value)
    image.save_as(path)


@pytest.mark.parametrize(
    ("tags", "line"),
    [
        ({"ImagePositionPatient": ["0", "0"]}, "has a faulty ImagePositionPatient; expected 3 numbers"),
        ({"ImageOrientationPatient": ["1", "0", "0", "0", "0.9", "0.4"]}, "its ImageOrientationPatient is"),
        ({"PixelSpacing": ["1", "2"]}, r"its PixelSpacing is \[1.0, 2.0\]; expected \[1.0, 1.0\], as"),
        (
            {"ImagePositionPatient": ["-10", "-20", "36"]},
            "slices are unevenly spaced: .* are 6.00 mm apart, others 5.00",
        ),
    ],
)
def test_one_slice_that_does_not_belong(tmp_path, tags, line):
    paths = write_series(tmp_path, volume((6, 6, 5)))
    change(paths[1], **tags)
    with pytest.raises(UserError, match=line) as error:
        grid_of(paths)
    assert len(str(error.value).splitlines()) == 1


def test_a_sheared_stack(tmp_path):
    paths = write_series(tmp_path, volume())
    for number, path in enumerate(paths):
        change(path, ImagePositionPatient=["0", str(number), str(5 * number)])
    with pytest.raises(UserError, match=r"its stack is sheared: the last slice is moved sideways by 3\.0 mm"):
        grid_of(paths)


@pytest.mark.parametrize(
    ("tags", "line"),
    [
        ({"ImageOrientationPatient": ["1", "0", "0", "1", "0", "0"]}, "expected two unit vectors$"),
        ({"PixelSpacing": ["0", "1"]}, r"its PixelSpacing is \[0.0, 1.0\]; expected numbers above 0$"),
        ({"PixelSpacing": None}, "lacks PixelSpacing; expected 2 numbers$"),
    ],
)
def test_a_series_without_a_plane(tmp_path, tags, line):
    with pytest.raises(UserError, match=line):
        grid_of(write_series(tmp_path, volume(), **tags))
