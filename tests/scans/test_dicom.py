from pathlib import Path

import numpy as np
import pydicom
import pytest

from brainseg.core.errors import UserError
from brainseg.scans.dicom import read_dicom, read_dicom_sequence
from tests.scans.small_scans import OBLIQUE, read, volume, write_series

COMPLETE = {"t1 sag pre": 0, "Ax T2 FLAIR": 1, "T1 AX POST GD": 2}


def write_study(folder: Path) -> np.ndarray:
    """Three series in one folder; the image (S, H, W, 3) that they hold."""
    image = np.stack([volume(seed=seed) for seed in range(3)], axis=-1)
    for number, (description, channel) in enumerate(COMPLETE.items(), start=1):
        write_series(folder, np.ascontiguousarray(image[..., channel]), description=description, number=number)
    return image


def test_three_series_in_one_folder_are_distinguished(tmp_path):
    image = write_study(tmp_path / "P")
    scan = read(tmp_path / "P")
    np.testing.assert_array_equal(scan.image, image, strict=True)
    assert (scan.format, scan.spacing_mm, scan.warnings) == ("dicom", (5.0, 1.0, 1.0), ())
    assert [path.name for path in scan.series] == ["004_2.dcm", "003_2.dcm", "002_2.dcm", "001_2.dcm"]


def test_the_protocol_speaks_where_the_description_does_not(tmp_path):
    write_series(tmp_path / "P", volume(), description="series 3", number=1, ProtocolName="T2 FLAIR tra")
    write_series(tmp_path / "P", volume(seed=1), description="series 4", number=2, ProtocolName="T1 tra")
    scan = read(tmp_path / "P")
    np.testing.assert_array_equal(scan.image[..., 1], volume())
    np.testing.assert_array_equal(scan.image[..., 0], volume(seed=1))


def test_the_agent_speaks_where_the_descriptions_do_not(tmp_path):
    for number, tags in enumerate([{}, {"ContrastBolusAgent": "Gadovist"}], start=1):
        write_series(tmp_path / "P", volume(seed=number), description="AX T1", number=number, **tags)
    write_series(tmp_path / "P", volume(), number=3)
    scan = read(tmp_path / "P")
    np.testing.assert_array_equal(scan.image[..., 2], volume(seed=2))


def test_a_series_that_is_none_of_the_three_is_left_out_with_a_warning(tmp_path):
    image = write_study(tmp_path / "P")
    write_series(tmp_path / "P", volume(seed=9), description="localizer", number=4)
    scan = read(tmp_path / "P")
    np.testing.assert_array_equal(scan.image, image)
    assert scan.warnings == ("the series 'localizer' (4 files) is none of the sequences and was left out",)


def test_one_series_is_flair_with_a_doubt_where_it_is_called_otherwise(tmp_path):
    write_series(tmp_path / "P", volume(), description="AX T1")
    scan = read(tmp_path / "P")
    np.testing.assert_array_equal(scan.image[..., 1], volume())
    assert scan.warnings[0] == "the only series is called 'AX T1'; it is taken as FLAIR"
    write_series(tmp_path / "Q", volume(), description="head")
    assert len(read(tmp_path / "Q").warnings) == 2  # of the missing sequences


def test_files_beside_a_series_that_are_no_images_are_left_out(tmp_path):
    image = write_study(tmp_path / "P")
    report = pydicom.dcmread(tmp_path / "P" / "001_1.dcm")
    report.Modality, report.SeriesInstanceUID = "SR", "1.2.3"
    report.save_as(tmp_path / "P" / "report.dcm")
    np.testing.assert_array_equal(read(tmp_path / "P").image, image)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_each_slice_has_its_own_slope(tmp_path, kind, rng):
    stored = rng.integers(0, 100, (4, 6, 5)).astype(kind)
    for number, path in enumerate(write_series(tmp_path, stored)):
        image = pydicom.dcmread(path)
        image.RescaleSlope, image.RescaleIntercept = str(1 + number * 0.5), str(-number)
        image.save_as(path)
    values, _, _ = read_dicom_sequence(tmp_path)
    slopes, intercepts = 1 + np.arange(4) * 0.5, -np.arange(4)
    expected = stored.T * slopes + intercepts
    np.testing.assert_allclose(values, expected, rtol=1e-6)


def test_packed_pixels_are_unpacked(tmp_path):
    for path in write_series(tmp_path, volume((4, 16, 16))):
        image = pydicom.dcmread(path)
        image.compress(pydicom.uid.RLELossless, generate_instance_uid=False)
        image.save_as(path)
    np.testing.assert_array_equal(read_dicom_sequence(tmp_path)[0].T, volume((4, 16, 16)))


def test_an_oblique_series_and_its_grid(tmp_path):
    write_series(tmp_path, volume(), direction=OBLIQUE, spacing=(0.5, 0.5, 3.0))
    volumes, files, _ = read_dicom(tmp_path)
    array, grid = volumes["flair"]
    np.testing.assert_array_equal(array.T, volume())
    np.testing.assert_allclose(grid.direction, OBLIQUE)
    assert len(files) == 4


def test_a_sequence_by_key_is_one_series(tmp_path):
    write_study(tmp_path / "P")
    line = r"holds 3 series: 't1 sag pre' \(4 files\), .*; expected one$"
    with pytest.raises(UserError, match=line):
        read(f"flair={tmp_path / 'P'}")


def test_a_folder_a_sequence_by_key(tmp_path):
    for number, key in enumerate(("flair", "pre", "post")):
        write_series(tmp_path / key, volume(seed=number), description="unclear", number=number + 1)
    scan = read(",".join(f"{key}={tmp_path / key}" for key in ("post", "pre", "flair")))
    np.testing.assert_array_equal(scan.image, np.stack([volume(seed=seed) for seed in (1, 0, 2)], axis=-1))
    assert (scan.format, scan.warnings, len(scan.series)) == ("dicom", (), 4)
