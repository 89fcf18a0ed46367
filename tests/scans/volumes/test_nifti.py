import gzip

import nibabel
import numpy as np
import pytest

from brainseg.core.errors import UserError
from brainseg.scans.volumes.nifti import NO_ORIENTATION, is_nifti_2, not_finite, warnings_of
from tests.scans.small_scans import read


def save(path, array: np.ndarray, affine: np.ndarray | None = None, kind=nibabel.Nifti1Image):
    nibabel.save(kind(array, np.eye(4) if affine is None else affine), path)
    return path


@pytest.mark.parametrize("extension", ["nii", "nii.gz"])
def test_which_values_are_not_finite_in_the_order_of_the_file(tmp_path, extension, rng):
    array = rng.normal(size=(3, 4, 5)).astype(np.float32)
    path = tmp_path / f"a.{extension}"
    assert not_finite(save(path, array)) is None
    array[2, 0, 0] = np.nan
    assert np.flatnonzero(not_finite(save(path, array))).tolist() == [2]  # the first axis runs fastest
    array[0, 1, 0] = np.inf
    assert np.flatnonzero(not_finite(save(path, array))).tolist() == [2, 3]


def test_whole_numbers_are_finite(tmp_path):
    assert not_finite(save(tmp_path / "a.nii", np.ones((3, 4, 5), np.int16))) is None


def test_a_changed_byte_is_found_by_the_checksum(tmp_path, rng):
    content = bytearray(save(tmp_path / "a.nii.gz", rng.normal(size=(9, 9, 9))).read_bytes())
    content[-6] ^= 1  # of the checksum
    (tmp_path / "a.nii.gz").write_bytes(content)
    with pytest.raises(UserError, match=r"a\.nii\.gz: is cut off or damaged \(CRC check failed"):
        not_finite(tmp_path / "a.nii.gz")


@pytest.mark.parametrize("offset", [np.nan, np.inf, -5])
def test_an_offset_that_is_none(tmp_path, offset):
    content = bytearray(save(tmp_path / "a.nii", np.ones((3, 4, 5), np.float32)).read_bytes())
    content[108:112] = np.float32(offset).tobytes()
    (tmp_path / "a.nii").write_bytes(content)
    with pytest.raises(UserError, match=r"a\.nii: is cut off or damaged"):
        not_finite(tmp_path / "a.nii")


def test_a_file_that_states_no_orientation_is_warned_of(tmp_path):
    path = save(tmp_path / "a.nii", np.ones((3, 4, 5), np.float32))
    assert warnings_of(path) == [] and NO_ORIENTATION not in read(path).warnings
    content = bytearray(path.read_bytes())
    content[252:256] = bytes(4)
    path.write_bytes(content)
    assert warnings_of(path) == [NO_ORIENTATION]
    assert read(path).warnings[0] == NO_ORIENTATION
    scan = read(f"flair={path},pre={path}")
    assert scan.warnings.count(NO_ORIENTATION) == 1
    np.testing.assert_array_equal(scan.grid.direction, np.eye(3))


def test_nifti_2(tmp_path):
    array = np.ones((3, 4, 5), np.float32)
    assert is_nifti_2(save(tmp_path / "a.nii.gz", array, kind=nibabel.Nifti2Image))
    assert not is_nifti_2(save(tmp_path / "b.nii", array))
    (tmp_path / "c.nii.gz").write_bytes(gzip.compress(b"no")[:5])
    assert not is_nifti_2(tmp_path / "c.nii.gz")
