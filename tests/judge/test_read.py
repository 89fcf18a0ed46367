import numpy as np
import pytest

from brainseg.core.errors import UserError
from brainseg.judge.read import read_given
from brainseg.scans.slices import write_png

MASK = np.array([[[0, 1, 1], [0, 0, 0]], [[1, 0, 0], [0, 0, 1]]], bool)


@pytest.mark.parametrize(
    "array", [MASK, MASK.astype(int), MASK * np.uint8(255), MASK.astype(float), (MASK * 255).astype(np.int16)]
)
def test_what_is_a_mask(tmp_path, array):
    np.save(tmp_path / "a.npy", array)
    given = read_given(tmp_path / "a.npy")
    assert given.is_mask and given.on_network_grid is None
    assert given.probability.dtype == np.uint8
    assert np.array_equal(given.probability, MASK * 255)


def test_probabilities_are_rounded_as_ours_are(tmp_path):
    np.save(tmp_path / "a.npy", MASK * 0.5 + 0.25 / 255)
    given = read_given(tmp_path / "a.npy")
    assert not given.is_mask
    assert np.array_equal(given.probability, np.where(MASK, 128, 0))


def test_nnunets_archive_of_two_classes(tmp_path):
    lesion = MASK * np.float32(0.8)
    np.savez(tmp_path / "a.npz", probabilities=np.stack([1 - lesion, lesion]))
    assert np.array_equal(read_given(tmp_path / "a.npz").probability, MASK * 204)


def test_pictures_hold_probabilities_in_steps_of_255(tmp_path):
    for number in (1, 2, 10):
        write_png(tmp_path / f"a_{number}.png", np.full((4, 5), number, np.uint8))
    with pytest.raises(UserError, match="numbered from 1 to 10 and 7 of them are missing"):
        read_given(tmp_path)
    (tmp_path / "a_10.png").rename(tmp_path / "a_3.png")
    assert read_given(tmp_path).probability[:, 0, 0].tolist() == [1, 2, 10]


WRONG = {
    "labels": (MASK * 2, "holds 0, 2; expected a mask of 0 and 1"),
    "many labels": (np.arange(12).reshape(2, 2, 3), "holds 0, 1, 2, 3, 4, 5 ...; expected"),
    "logits": (MASK * 3.5 - 1, "holds -1 to 2.5; expected probabilities from 0 to 1"),
    "nan": (np.full((2, 2, 3), np.nan), "holds nan to nan; expected"),
    "two dimensions": (MASK[0], "is (2, 3); expected three dimensions"),
    "words": (np.full((2, 2, 3), "x"), "expected whole numbers or floats"),
}


@pytest.mark.parametrize(("array", "reported"), WRONG.values(), ids=WRONG)
def test_what_is_neither_is_one_line(tmp_path, array, reported):
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(UserError) as error:
        read_given(tmp_path / "a.npy")
    assert str(error.value).startswith(f"{tmp_path}/a.npy: ") and reported in str(error.value)


def test_damaged_and_odd_archives_are_one_line(tmp_path):
    path = tmp_path / "a.npz"
    for content in (b"", b"PK no archive"):
        path.write_bytes(content)
        with pytest.raises(UserError, match=r"a.npz: cannot be read as .npz"):
            read_given(path)
    np.savez(path, one=MASK, two=MASK)
    with pytest.raises(UserError, match="holds one, two; expected one array"):
        read_given(path)
    np.savez(path, on_file_grid=MASK, on_network_grid=MASK)
    with pytest.raises(UserError, match="are no predictions of brainseg"):
        read_given(path)
    with pytest.raises(UserError, match="holds no slices"):
        (tmp_path / "empty").mkdir()
        read_given(tmp_path / "empty")
