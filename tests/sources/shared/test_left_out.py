from pathlib import PurePath

import pytest

from brainseg.sources.shared.left_out import left_out

SLICES = ["A/A_1.tif", "A/A_1_mask.tif", "site/B/B_1.TIFF", "site/B/B_1_mask.TIFF"]
FOLDERS = ["A", "site", "site/B"]


def beside(files=(), folders=()):
    return left_out(map(PurePath, [*FOLDERS, *folders]), map(PurePath, [*SLICES, *files]))


def test_slices_and_what_is_no_image_are_no_matter():
    found = beside(["A/notes.txt", "data.csv", "A/.DS_Store", "A/._A_1.tif", "__MACOSX/A/A_9.tiff.tif"], ["__MACOSX/A"])
    assert (found.faults, found.folders, found.images, found.notes()) == ([], [], [], [])


@pytest.mark.parametrize("name", ["A/slice1.tif", "A/A-7.tif", "A/A_7_Mask2.TIFF", "overview.tif", "A/A_7_.tif"])
def test_a_tiff_that_is_not_called_like_a_slice_is_refused(name):
    [fault] = beside([name]).faults
    assert fault == f"{name}: is not called PATIENT_1.tif or PATIENT_1_mask.tif; rename it, or move it elsewhere"


@pytest.mark.parametrize("name", ["A/A_2.png", "A/A_2_mask.PNG", "site/B/B_2.nii.gz"])
def test_a_slice_of_another_format_is_refused(name):
    assert beside([name]).faults == [f"{name}: is no TIFF; convert it, or move it elsewhere"]


def test_a_preview_of_a_slice_and_another_image_are_named():
    found = beside(["A/A_1.png", "A/overview.jpg"])
    assert found.faults == []
    assert found.notes() == ["left out: 2 images not called like a slice: A/A_1.png, A/overview.jpg"]


def test_a_folder_without_slices_is_named_with_what_is_below_it():
    found = beside(["C/1.png", "C/2.png"], ["C", "D", "D/E"])
    assert found.notes() == ["left out: 3 folders without slices: C, D, D/E"]


def test_many_are_counted():
    [note] = beside(folders=[f"x\n{number:02d}" for number in range(30)]).notes()
    assert note == "left out: 30 folders without slices: x\\n00, x\\n01, x\\n02, x\\n03, x\\n04 and 25 more"
