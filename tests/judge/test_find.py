from pathlib import Path

import pytest

from brainseg.core.errors import UserError
from brainseg.judge.find import find_masks

SUBSET = {"A": "train", "A_seg": "validation", "B": "test"}


@pytest.fixture
def masks(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("m").mkdir()

    def masks(*names: str) -> Path:
        for name in names:
            path = Path("m") / name
            path.mkdir() if name.endswith("/") else path.touch()
        return Path("m")

    return masks


@pytest.mark.parametrize(
    "name", ["B.nii.gz", "B.npz", "B.tif", "B_mask.mha", "B-seg.nrrd", "B_Prediction.npy", "B/", "B_probability/"]
)
def test_names_with_and_without_an_ending(masks, name):
    assert find_masks(masks(name), SUBSET) == {"B": Path("m") / name}


def test_a_patient_who_is_called_so_comes_before_the_ending(masks):
    assert list(find_masks(masks("B.npy", "A_seg.npy"), SUBSET)) == ["A_seg", "B"]


def test_what_is_no_mask_is_noted_and_hidden_files_are_not(masks, capsys):
    folder = masks("B.nii.gz", "dataset.json", "plans.json", "B.pkl", "x.txt", ".DS_Store", "._B.nii.gz")
    assert list(find_masks(folder, SUBSET)) == ["B"]
    assert capsys.readouterr().out == "note: no masks, left out: B.pkl, dataset.json, plans.json and 1 more\n"


def test_without_test_patients_the_validation_patients_are_needed(masks):
    with pytest.raises(UserError, match="m: lacks V, a validation patient"):
        find_masks(masks("T.npy"), {"T": "train", "V": "validation"})


def test_a_name_that_is_nearly_right_and_a_folder_that_is_not_there(masks):
    with pytest.raises(UserError) as error:
        find_masks(masks("TCGA_CS_4944.npy"), {"TCGA_CS_4941": "test"})
    assert str(error.value).splitlines() == [
        "m/TCGA_CS_4944.npy: TCGA_CS_4944 is no patient of data/split.csv; TCGA_CS_4941 is",
        "m: lacks TCGA_CS_4941, a test patient; all of them are scored, or none",
    ]
    with pytest.raises(UserError, match="none: no such folder"):
        find_masks(Path("none"), SUBSET)
