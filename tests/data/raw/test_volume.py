import numpy as np
import pytest

from brainseg.core.errors import UserError
from brainseg.core.files import write_npz
from brainseg.data.raw.volume import FILE, Volume, faults_of_volume, is_volume, read, read_header, read_mask, write
from tests.data.raw.small_volumes import small_volume


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_written_and_read_back_it_is_the_same_and_the_bytes_too(tmp_path, rng, dtype):
    given = small_volume(rng, dtype=dtype)
    for name in ("A", "B"):
        write(tmp_path / name, given)
    assert (tmp_path / "A" / FILE).read_bytes() == (tmp_path / "B" / FILE).read_bytes()
    found = read(tmp_path / "A")
    np.testing.assert_array_equal(found.image, given.image, strict=True)
    np.testing.assert_array_equal(found.mask, given.mask, strict=True)
    assert (found.spacing_mm, found.channels) == (given.spacing_mm, given.channels)


def test_parts_of_it_are_read_alone(tmp_path, rng):
    given = small_volume(rng)
    write(tmp_path, given)
    assert is_volume(tmp_path) and not is_volume(tmp_path.parent)
    assert read_header(tmp_path) == (given.spacing_mm, given.channels)
    np.testing.assert_array_equal(read_mask(tmp_path), given.mask, strict=True)


def arrays(rng: np.random.Generator) -> dict[str, np.ndarray]:
    given = small_volume(rng)
    spacing, names = np.array(given.spacing_mm), np.array(given.channels)
    return {"image": given.image, "mask": given.mask, "spacing_mm": spacing, "channels": names}


@pytest.mark.parametrize(
    ("changed", "reported"),
    [
        ({"image": np.zeros((4, 6, 5, 2), np.float32)}, "float32; expected 4 dimensions of uint8 or uint16"),
        ({"mask": np.zeros((3, 6, 5), bool)}, r"image is \(4, 6, 5, 2\), mask \(3, 6, 5\); expected the same slices"),
        ({"spacing_mm": np.array([5.0, 0.0, 1.0])}, r"spacing_mm is \[5.0, 0.0, 1.0\]; expected three numbers above 0"),
        ({"spacing_mm": np.array([5.0, np.nan, 1.0])}, "expected three numbers above 0"),
        ({"spacing_mm": np.ones(2)}, "expected three numbers above 0"),
        ({"channels": np.array(["t1"])}, "expected 1 channels: t1"),
        ({"channels": np.array(["t1", "T 2"])}, "'T 2' is no name of a channel"),
        ({"channels": np.array([1, 2])}, "channels is .*; expected 1 dimensions of"),
    ],
)
def test_a_damaged_file_is_one_line_that_names_it(tmp_path, rng, changed, reported):
    write_npz(tmp_path / FILE, arrays(rng) | changed)
    with pytest.raises(UserError, match=rf"volume\.npz: .*{reported}"):
        read(tmp_path)


def test_a_single_slice_is_a_fault_and_slices_have_digests(tmp_path, rng):
    write(tmp_path / "A", small_volume(rng, slices=1))
    write(tmp_path / "B", Volume(np.zeros((2, 3, 3, 1), np.uint8), np.zeros((2, 3, 3), bool), (1.0, 1.0, 1.0), ("t1",)))
    digests: list[bytes] = []
    assert faults_of_volume(tmp_path / "A", digests) == [
        f"{tmp_path / 'A'}: has one slice; expected a volume of at least 2"
    ]
    assert faults_of_volume(tmp_path / "B", digests) == []
    assert len(digests) == 1  # empty slices have none
