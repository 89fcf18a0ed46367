import numpy as np
import tifffile
from PIL import Image

from brainseg.scans.find import find_scans
from brainseg.scans.folders import scans_in_folder
from tests.scans.small_scans import names, one, read, touch, volume, write_series

GREY = np.zeros((4, 5), np.uint8)


def test_a_folder_of_single_files_in_natural_order(tmp_path):
    touch(*(tmp_path / f"p{number}.nii.gz" for number in (10, 2, 1)), tmp_path / "p3.npy", tmp_path / "notes.txt")
    assert names(tmp_path) == ["p1", "p2", "p3", "p10"]


def test_what_we_write_beside_a_scan_is_no_scan(tmp_path):
    touch(tmp_path / "a.mha", tmp_path / "a_mask.mha", tmp_path / "a_probability.mha", tmp_path / "a-seg.nii.gz")
    touch(tmp_path / "a_mask" / "b.mha", tmp_path / ".hidden.mha")
    assert names(tmp_path) == ["a"]


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


def test_a_folder_below_that_may_not_be_read_is_a_fault_and_the_others_are_found(tmp_path, monkeypatch):
    touch(tmp_path / "a" / "x.mha", tmp_path / "b" / "y.mha")
    iterdir = type(tmp_path).iterdir

    def refuse(self):
        if self.name == "a":
            raise PermissionError(13, "Permission denied", str(self))
        return iterdir(self)

    monkeypatch.setattr(type(tmp_path), "iterdir", refuse)  # the tests may run as root, who may read everything
    first, second = scans_in_folder(tmp_path)
    assert (first.fault, second.name) == (f"{tmp_path}/a: cannot be read (Permission denied)", "y")
