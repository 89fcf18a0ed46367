import shutil

import pytest

from brainseg.sources.shared.brats_layout import find_brats
from tests.scans.small_scans import touch
from tests.sources import small_volumes
from tests.sources.small_volumes import write_brats


@pytest.mark.parametrize("old", [False, True])
def test_a_patient_has_a_file_a_channel_and_one_of_labels(tmp_path, old):
    folder = write_brats(
        tmp_path, small_volumes.patients(2, channels=4), ("pre_contrast", "flair", "t2", "post_contrast"), old
    )
    found = find_brats(folder)
    assert found.channels == ("pre_contrast", "flair", "post_contrast", "t2")
    assert (found.labels, found.faults, found.left_out) == ({}, (), ())
    first, second = found.cases
    assert (first.name, second.name) == ("TCGA_XX_0001", "TCGA_XX_0002")
    ending = "_flair.nii.gz" if old else "-t2f.nii.gz"
    assert first.images["flair"] == folder / "TCGA_XX_0001" / f"TCGA_XX_0001{ending}"
    assert list(first.images) == list(found.channels)


def test_patients_may_lie_deeper_as_those_of_older_years(tmp_path):
    for grade, number in (("HGG", 1), ("LGG", 2)):
        name = f"Brats18_{number}"
        write_brats(tmp_path / grade, {name: small_volumes.patient(number)}, old=True)
    assert [case.name for case in find_brats(tmp_path).cases] == ["Brats18_1", "Brats18_2"]


def test_one_name_in_two_folders_is_a_fault(tmp_path):
    write_brats(tmp_path / "a", small_volumes.patients(1))
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    (line,) = find_brats(tmp_path).faults
    assert line == (
        f"{tmp_path}/b/TCGA_XX_0001: has the name of {tmp_path}/a/TCGA_XX_0001; patients need distinct names"
    )


def test_volumes_that_are_not_called_as_their_folder_are_left_out(tmp_path):
    write_brats(tmp_path, small_volumes.patients(1))
    touch(tmp_path / "TCGA_XX_0001" / "other-t2f.nii.gz", tmp_path / "atlas.nii", tmp_path / "survival.csv")
    found = find_brats(tmp_path)
    assert [path.name for path in found.left_out] == ["other-t2f.nii.gz", "atlas.nii"]
    assert len(found.cases) == 1 and not found.faults


def test_a_channel_that_any_patient_has_all_need(tmp_path):
    write_brats(tmp_path, {"A": small_volumes.patient(1, channels=2)}, ("flair", "t2"))
    write_brats(tmp_path, {"B": small_volumes.patient(2, channels=1)}, ("flair",))
    found = find_brats(tmp_path)
    assert found.faults == (f"{tmp_path}/B: lacks t2: expected B-t2 or -t2w.nii.gz",)
    assert [case.name for case in found.cases] == ["A"]


def test_nothing_is_found_in_an_empty_folder(tmp_path):
    assert find_brats(tmp_path).cases == ()
