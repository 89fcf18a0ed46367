import os

import numpy as np
import pytest

from brainseg.core.errors import UserError
from brainseg.core.files import write_npz
from brainseg.data.preprocessed_rows import locate


@pytest.fixture
def arrays(rng) -> dict[str, np.ndarray]:
    images = rng.integers(0, 65536, (5, 3, 4, 2)).astype(np.uint16)
    return {"image": images, "mask": images[..., 0] > 9000, "odd": np.arange(7, dtype=np.uint8)}


@pytest.mark.parametrize("name", ["image", "mask", "odd"])
def test_a_row_is_that_of_the_array(arrays, tmp_path, name):
    write_npz(tmp_path / "file.npz", arrays)
    rows = locate(tmp_path / "file.npz", name)
    assert rows.shape == arrays[name].shape and rows.dtype == arrays[name].dtype
    for number, expected in enumerate(arrays[name]):
        found = np.empty(expected.shape, expected.dtype)
        rows.read(number, found)
        np.testing.assert_array_equal(found, expected)


def test_an_array_that_is_compressed_or_lies_by_columns_is_refused(arrays, tmp_path):
    write_npz(tmp_path / "small.npz", arrays, compress=True)
    with pytest.raises(ValueError, match="image is compressed"):
        locate(tmp_path / "small.npz", "image")
    np.savez(tmp_path / "columns.npz", image=np.asfortranarray(arrays["mask"]))
    with pytest.raises(ValueError, match="columns"):
        locate(tmp_path / "columns.npz", "image")


def test_a_file_that_was_changed_is_not_read(arrays, tmp_path):
    path = tmp_path / "file.npz"
    write_npz(path, arrays)
    rows = locate(path, "image")
    write_npz(path, arrays)
    os.utime(path, ns=(0, 0))
    with pytest.raises(UserError, match="file.npz: was changed while it was being read"):
        rows.read(0, np.empty((3, 4, 2), np.uint16))


def test_a_row_behind_the_end_is_reported(arrays, tmp_path):
    write_npz(tmp_path / "file.npz", {"image": arrays["image"]})
    with pytest.raises(UserError, match="file.npz: ends too early"):
        locate(tmp_path / "file.npz", "image").read(1000, np.empty((3, 4, 2), np.uint16))
