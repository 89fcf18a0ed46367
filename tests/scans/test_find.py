from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from brainseg.scans.find import LONGEST_NAME_BYTES, ScanFiles, find_scans
from tests.scans.small_scans import read, volume, write_series, write_volume

GREY = np.zeros((4, 5), np.uint8)


def names(*arguments: object) -> list[str]:
    found = find_scans([str(argument) for argument in arguments])
    assert [files.fault for files in found] == [None] * len(found)
    return [files.name for files in found]


def one(*arguments: object) -> ScanFiles:
    (files,) = find_scans([str(argument) for argument in arguments])
    return files


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


@pytest.mark.parametrize(
    ("file", "name", "format"),
    [
        ("anna.nii.gz", "anna", "nifti"),
        ("anna.v2.nii", "anna.v2", "nifti"),
        ("ANNA.NII.GZ", "ANNA", "nifti"),
        ("a.mha", "a", "mha"),
        ("a.mhd", "a", "mha"),
        ("a.nrrd", "a", "nrrd"),
        ("a.nhdr", "a", "nrrd"),
        ("a.npy", "a", "npy"),
        ("a.tiff", "a", "tiff"),
        ("a.JPG", "a", "png"),
        ("anna_0001.nii.gz", "anna_0001", "nifti"),  # a file given by itself is a scan
    ],
)
def test_a_file_is_a_scan(tmp_path, file, name, format):
    touch(tmp_path / file)
    files = one(tmp_path / file)
    assert (files.name, files.format, files.fault) == (name, format, None)
    assert files.files == {"scan": tmp_path / file}


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


def test_a_file_whose_name_looks_like_a_key_is_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    touch(tmp_path / "flair=a.nii.gz")
    assert names("flair=a.nii.gz") == ["flair=a"]


def test_a_folder_of_single_files_in_natural_order(tmp_path):
    touch(*(tmp_path / f"p{number}.nii.gz" for number in (10, 2, 1)), tmp_path / "p3.npy", tmp_path / "notes.txt")
    assert names(tmp_path) == ["p1", "p2", "p3", "p10"]


def test_what_we_write_beside_a_scan_is_no_scan(tmp_path):
    touch(tmp_path / "a.mha", tmp_path / "a_mask.mha", tmp_path / "a_probability.mha", tmp_path / "a-seg.nii.gz")
    touch(tmp_path / "a_mask" / "b.mha", tmp_path / ".hidden.mha")
    assert names(tmp_path) == ["a"]


def test_nnunet_names(tmp_path):
    for name in ("anna", "bert"):
        touch(*(tmp_path / f"{name}_000{number}.nii.gz" for number in (0, 1, 2)))
    anna, bert = find_scans([str(tmp_path)])
    assert anna.files == {
        "pre_contrast": tmp_path / "anna_0000.nii.gz",
        "flair": tmp_path / "anna_0001.nii.gz",
        "post_contrast": tmp_path / "anna_0002.nii.gz",
    }
    assert (anna.name, bert.name, anna.format) == ("anna", "bert", "nifti")


@pytest.mark.parametrize("words", [("t1n", "t2f", "t1c", "t2w", "-"), ("t1", "flair", "t1ce", "t2", "_")])
def test_brats_names_of_both_kinds(tmp_path, words):
    *sequences, dash = words
    folder = tmp_path / "BraTS-GLI-1"
    touch(*(folder / f"BraTS-GLI-1{dash}{word}.nii.gz" for word in (*sequences, "seg")))
    files = one(tmp_path)
    pre, flair, post = (folder / f"BraTS-GLI-1{dash}{word}.nii.gz" for word in sequences[:3])
    assert (files.name, files.fault) == ("BraTS-GLI-1", None)
    assert files.files == {"pre_contrast": pre, "flair": flair, "post_contrast": post}


def test_a_folder_of_pictures_is_one_scan_and_masks_are_no_part_of_it(tmp_path):
    (tmp_path / "P").mkdir()
    for number in (10, 9, 1):
        Image.fromarray(GREY).save(tmp_path / "P" / f"s{number}.png")
        Image.fromarray(GREY).save(tmp_path / "P" / f"s{number}_mask.png")
    files = one(tmp_path / "P")
    assert (files.name, files.format, [path.name for path in files.slices]) == (
        "P",
        "png",
        ["s1.png", "s9.png", "s10.png"],
    )
    assert one(tmp_path) == files  # found below, too


def test_pictures_beside_volumes_are_previews(tmp_path):
    touch(tmp_path / "a.mha", tmp_path / "a.png")
    assert names(tmp_path) == ["a"]


def test_tiff_slices_and_tiff_stacks(tmp_path):
    (tmp_path / "P").mkdir()
    (tmp_path / "Q").mkdir()
    for number in (1, 2):
        tifffile.imwrite(tmp_path / "P" / f"P_{number}.tif", GREY)
        tifffile.imwrite(tmp_path / "P" / f"P_{number}_mask.tif", GREY)
        tifffile.imwrite(tmp_path / "Q" / f"Q_{number}.tif", np.stack([GREY] * 3), photometric="minisblack")
    assert [(files.name, len(files.slices)) for files in find_scans([str(tmp_path)])] == [
        ("P", 2),
        ("Q_1", 0),
        ("Q_2", 0),
    ]


def test_a_dicom_folder_is_one_scan_whatever_its_files_are_called(tmp_path):
    for path in write_series(tmp_path / "P" / "S", volume()):
        path.rename(path.with_suffix(""))
    touch(tmp_path / "P" / "S" / "DICOMDIR", tmp_path / "P" / "S" / "preview.png")
    files = one(tmp_path / "P" / "S")
    assert (files.name, files.format, files.files) == ("S", "dicom", {"scan": tmp_path / "P" / "S"})
    assert names(tmp_path) == ["S"]


def test_folders_of_one_study_are_one_scan_and_of_two_studies_two(tmp_path):
    for number, description in enumerate(["flair", "t1"], start=1):
        write_series(tmp_path / "anna" / description, volume(), description=description, number=number)
    assert names(tmp_path) == ["anna"]
    assert read(tmp_path).warnings == ("post_contrast is missing: FLAIR stands in its place",)
    write_series(tmp_path / "anna" / "later", volume(), study="1.2.3")
    assert names(tmp_path) == ["flair", "later", "t1"]


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


def test_a_folder_that_links_to_itself_is_searched_once(tmp_path):
    touch(tmp_path / "P" / "a.mha")
    (tmp_path / "P" / "again").symlink_to(tmp_path)
    assert names(tmp_path) == ["a"]


def test_the_folder_at_hand(tmp_path, monkeypatch):
    (tmp_path / "P").mkdir()
    monkeypatch.chdir(tmp_path / "P")
    Image.fromarray(GREY).save("s1.png")
    assert names(".") == ["P"]


def test_a_thousand_scans_are_found_without_opening_one(tmp_path):
    touch(*(tmp_path / f"p{number}.nii.gz" for number in range(1000)))
    assert names(tmp_path) == [f"p{number}" for number in range(1000)]


def test_names_in_other_scripts(tmp_path):
    write_volume(tmp_path / "Zoë 脳.mha", volume())
    assert names(tmp_path) == ["Zoë 脳"]
    np.testing.assert_array_equal(read(tmp_path / "Zoë 脳.mha").image[..., 1], volume())
