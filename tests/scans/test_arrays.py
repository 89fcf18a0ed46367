import tracemalloc

import numpy as np
import pytest

from brainseg.core.errors import UserError
from brainseg.scans.arrays import read_npy
from brainseg.scans.read import scan_from_array
from tests.scans.small_scans import read


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_three_sequences_are_unchanged(kind, rng):
    array = rng.integers(0, np.iinfo(kind).max, (3, 4, 5, 3)).astype(kind)
    scan = scan_from_array(array)
    np.testing.assert_array_equal(scan.image, array, strict=True)
    assert (scan.name, scan.spacing_mm, scan.warnings, scan.format) == ("array", None, (), "npy")


def test_flair_alone_fills_all_three(rng):
    array = rng.integers(0, 256, (3, 4, 5)).astype(np.uint8)
    scan = scan_from_array(array, (5, 1, 1), "anna")
    assert (scan.image == array[..., None]).all()
    assert len(scan.warnings) == 2 and scan.name == "anna" and scan.grid.spacing_mm == (1.0, 1.0, 5.0)


def test_channels_of_a_models_own(rng):
    array = rng.integers(0, 256, (3, 4, 5, 2)).astype(np.uint8)
    scan = scan_from_array(array, channels=("dwi", "adc"))
    np.testing.assert_array_equal(scan.image, array, strict=True)
    assert scan.channels == ("dwi", "adc")
    alone = scan_from_array(array[..., 0], channels=("dwi", "adc"))
    assert alone.warnings == ("adc is missing: dwi stands in its place",)


@pytest.mark.parametrize("spacing", [(1.0, 1.0), (1.0, 1.0, 0.0), (1.0, -1.0, 1.0), (1.0, float("nan"), 1.0)])
def test_a_spacing_that_is_none(spacing):
    with pytest.raises(
        UserError, match=r"^anna: spacing_mm is .*; expected three numbers above 0: slice, row, column$"
    ):
        scan_from_array(np.ones((2, 3, 4)), spacing, "anna")


@pytest.mark.parametrize("array", [np.ones((3, 4)), np.ones((3, 4, 5, 2)), np.ones((3, 4, 5), bool)])
def test_other_shapes_and_types(array):
    with pytest.raises(UserError, match=r"^array: "):
        scan_from_array(array)


def test_a_file_is_read_as_the_array_in_it(tmp_path, rng):
    array = rng.integers(0, 256, (3, 4, 5, 3)).astype(np.uint8)
    np.save(tmp_path / "anna.npy", np.asfortranarray(array))
    scan = read(tmp_path / "anna.npy")
    np.testing.assert_array_equal(scan.image, array)
    assert scan.name == "anna" and read_npy(tmp_path / "anna.npy").flags.writeable


def test_an_archive_of_arrays_is_refused(tmp_path):
    np.savez(tmp_path / "a.npz", a=np.ones(3))
    (tmp_path / "a.npz").rename(tmp_path / "a.npy")
    with pytest.raises(UserError, match=r"a\.npy: holds an archive of arrays; expected one array$"):
        read_npy(tmp_path / "a.npy")


@pytest.mark.parametrize("spacing", [None, (5.0, 1.0, 1.5)])
def test_memory_stays_below_three_copies(spacing, rng):
    array = rng.normal(size=(20, 128, 128, 3)).astype(np.float32)
    tracemalloc.start()
    scan = scan_from_array(array, spacing)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak + array.nbytes <= 3 * max(array.nbytes, scan.image.nbytes)
