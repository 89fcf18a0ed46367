"""What the name of a patient says: the person, and the institution."""

import pytest

from brainseg.data.raw.patients import institution, institutions, persons
from tests.data.small_names import LGG


@pytest.mark.parametrize(
    ("patient", "expected"), [("TCGA_CS_4941_19960909", "CS"), ("anna", ""), ("case_12", ""), ("A_B_C", "B")]
)
def test_institution(patient, expected):
    assert institution(patient) == expected


@pytest.mark.parametrize(
    ("patients", "expected"),
    [
        (LGG, [institution(patient) for patient in LGG]),
        (["a_X_1", "a_Y_1", "a_X_2", "a_Y_2", "a_X_3", "a_X_4"], list("XYXYXX")),  # two of six: a third
        (["a_X_1", "a_Y_1", "a_X_2", "a_Y_2", "a_X_3"], [""] * 5),  # two of five
        (["a_X_1", "a_X_2", "anna", "bob", "a_X_3", "a_X_4"], ["X", "X", "", "", "X", "X"]),
        ([f"sub_{number:03d}_mri" for number in range(40)], [""] * 40),
        (["anna", "bob"], ["", ""]),
        ([], []),
    ],
)
def test_institutions_are_none_where_they_hardly_repeat(patients, expected):
    assert institutions(patients) == expected


@pytest.mark.parametrize(
    ("patient", "expected"),
    [
        ("TCGA_CS_4941_19960909", "TCGA_CS_4941"),
        ("anna-1999-01-31", "anna"),
        ("anna_19991301", "anna_19991301"),  # no month 13: an id
        ("case_00000012", "case_00000012"),
        ("19990131", "19990131"),
        ("anna", "anna"),
        ("BraTS-GLI-00005-100", "BraTS-GLI-00005"),
        ("BraTS-GLI-00005", "BraTS-GLI-00005"),
    ],
)
def test_a_person_is_what_stands_before_a_trailing_date(patient, expected):
    assert persons([patient]) == {patient: expected}


def test_a_pattern_names_the_person_and_a_name_that_it_does_not_match_is_a_person():
    found = persons(["sub-01_ses-1", "sub-01_ses-2", "other"], r"(sub-\d+)_ses-\d+")
    assert found == {"sub-01_ses-1": "sub-01", "sub-01_ses-2": "sub-01", "other": "other"}


@pytest.mark.parametrize(
    "patient", ["TCGA_CS_4941_19960909", "TCGA_CS_4941_scan2", "TCGA_CS_4941", "TCGA_CS_4941_01A_2"]
)
def test_a_person_of_the_tcga_is_the_first_three_words_whatever_follows(patient):
    assert persons([patient, "TCGA-DU-5851-01A"]) == {patient: "TCGA_CS_4941", "TCGA-DU-5851-01A": "TCGA-DU-5851"}
