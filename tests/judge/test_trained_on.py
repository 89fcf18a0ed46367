from pathlib import Path

import pytest

from brainseg.core.errors import UserError
from brainseg.judge.trained_on import read_trained_on

SUBSET = {"A_1": "train", "B_1": "validation", "C_1": "test", "D_1": "test"}
PERSON = r"(.)_\d"


def listed(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "trained.csv"
    path.write_text(text)
    return path


def test_without_a_file_nothing_is_known():
    assert read_trained_on(None, SUBSET, PERSON) is None


def test_patients_are_counted_once(tmp_path):
    path = listed(tmp_path, "patient,fold\nA_1,0\nA_1,1\nZ_1,0\n")
    assert read_trained_on(path, SUBSET, PERSON) == {"file": str(path), "patients": 2}


def test_another_scan_of_a_held_out_person_is_refused(tmp_path):
    path = listed(tmp_path, "patient\nA_1\nC_2\n")
    with pytest.raises(UserError, match="1 of 2 held-out patients, C_1 among them, trained the network"):
        read_trained_on(path, SUBSET, PERSON)


def test_a_validation_patient_is_held_out_only_without_test_patients(tmp_path):
    path = listed(tmp_path, "patient\nB_1\n")
    assert read_trained_on(path, SUBSET, PERSON)["patients"] == 1
    with pytest.raises(UserError, match="1 of 1 held-out patients, B_1"):
        read_trained_on(path, {"A_1": "train", "B_1": "validation"}, PERSON)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"--trained-on is .*gone\.csv; expected a CSV file with a column patient"):
        read_trained_on(tmp_path / "gone.csv", SUBSET, PERSON)
