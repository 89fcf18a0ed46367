import numpy as np
import pytest

from brainseg.scans.find import LONGEST_NAME_BYTES, find_scans
from tests.scans.small_scans import names, one, read, touch, volume, write_series, write_volume

GREY = np.zeros((4, 5), np.uint8)


@pytest.mark.parametrize("keys", ["flair,pre,post", "pre_contrast,flair,post_contrast"])
def test_the_sequences_of_a_scan_by_key(tmp_path, keys):
    long = {"pre": "pre_contrast", "post": "post_contrast"}
    touch(*(tmp_path / f"x{key}, y.nii.gz" for key in keys.split(",")))
    files = one(",".join(f"{key}={tmp_path / f'x{key}, y.nii.gz'}" for key in keys.split(",")))
    assert files.files == {long.get(key, key): tmp_path / f"x{key}, y.nii.gz" for key in keys.split(",")}


@pytest.mark.parametrize(
    ("flair", "name"),
    [
        ("anna/flair.nii.gz", "anna"),
        ("x/anna-t2f.nii.gz", "anna"),
        ("x/anna_flair.nii.gz", "anna"),
        ("x/anna_0001.nii.gz", "anna"),
        ("x/other.nii.gz", "other"),
    ],
)
def test_the_name_of_a_scan_given_by_key(tmp_path, flair, name):
    touch(tmp_path / flair)
    assert names(f"flair={tmp_path / flair}") == [name]


def test_keys_are_the_channels_of_the_model(tmp_path):
    touch(tmp_path / "a.mha")
    (files,) = find_scans([f"adc={tmp_path}/a.mha,dwi={tmp_path}/a.mha"], ("dwi", "adc"))
    assert files.files == dict.fromkeys(("adc", "dwi"), tmp_path / "a.mha")
    (files,) = find_scans([f"flair={tmp_path}/a.mha"], ("dwi", "adc"))
    assert files.fault == f"flair={tmp_path}/a.mha: has the key 'flair'; expected dwi, adc"
    (files,) = find_scans([f"adc={tmp_path}/a.mha"], ("dwi", "adc"))
    assert files.fault == f"adc={tmp_path}/a.mha: lacks dwi=; dwi is required"


def test_a_file_whose_name_looks_like_a_key_is_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    touch(tmp_path / "flair=a.nii.gz")
    assert names("flair=a.nii.gz") == ["flair=a"]


def test_one_dicom_file(tmp_path):
    path, *_ = write_series(tmp_path, volume((1, 4, 5)))
    (tmp_path / "plain").write_bytes(path.read_bytes())
    assert names(path) == [path.stem]
    assert names(tmp_path / "plain") == ["plain"]


def test_two_scans_of_one_name_have_both_a_fault_that_names_both(tmp_path):
    touch(tmp_path / "x" / "Anna.mha", tmp_path / "y" / "anna.nii.gz", tmp_path / "bert.npy")
    bert, *twice = sorted(find_scans([str(tmp_path)]), key=lambda files: files.fault or "")
    assert (bert.name, bert.fault) == ("bert", None)
    both = f"{tmp_path}/x/Anna.mha and {tmp_path}/y/anna.nii.gz; rename one"
    assert [files.fault for files in twice] == [
        f"{tmp_path}/x/Anna.mha: two scans are called Anna: {both}",
        f"{tmp_path}/y/anna.nii.gz: two scans are called anna: {both}",
    ]


def test_a_name_that_leaves_no_room_for_what_is_written(tmp_path):
    path = tmp_path / f"{'a' * (LONGEST_NAME_BYTES + 1)}.npy"
    touch(path)
    assert one(path).fault == f"{path}: its name is over 200 bytes; rename it"


def test_an_argument_longer_than_any_name(tmp_path):
    touch(tmp_path / "a.mha")
    argument = ",".join(f"{key}={tmp_path}/{'./' * 200}a.mha" for key in ("flair", "pre"))
    assert one(argument).fault is None
    assert one("x" * 5000).fault.endswith(": no such file or folder")


def test_names_in_other_scripts(tmp_path):
    write_volume(tmp_path / "Zoë 脳.mha", volume())
    assert names(tmp_path) == ["Zoë 脳"]
    np.testing.assert_array_equal(read(tmp_path / "Zoë 脳.mha").image[..., 1], volume())
