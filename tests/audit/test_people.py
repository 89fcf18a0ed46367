import csv

import pytest

from brainseg.audit.people import BRATS, people, people_findings
from brainseg.sources.lgg import published


def found(*names: str, pattern: str = "auto") -> list[tuple[str, str, str, str]]:
    return [(one.kind, one.patient, one.other_patient, one.what) for one in people_findings(people(names, pattern))]


def test_scans_of_one_person_name_the_first():
    reported = "both are of TCGA_XX_0001"
    assert found("TCGA_XX_0001_19960101", "TCGA_XX_0001_20010101", "TCGA_XX_0002_19960101") == [
        ("one person, several scans", "TCGA_XX_0001_20010101", "TCGA_XX_0001_19960101", reported)
    ]
    assert len(found("TCGA_XX_0001_1", "TCGA_XX_0001_2", "TCGA_XX_0001_3")) == 2


def test_persons_are_those_of_the_split():
    assert found("anna-scan1", "anna-scan2") == []
    [one] = found("anna-scan1", "anna-scan2", pattern=r"(.+)-scan\d+")
    assert one[3] == "both are of anna"


@pytest.mark.parametrize(
    "name", ["TCGA_CS_4942_19970222", "TCGA-CS-4942", "Brats18_TCIA09_451_1", "BraTS20_Training_271"]
)
def test_a_person_of_brats_is_known_by_each_of_the_names(name):
    assert found(name) == [("also in BraTS", name, "", "among its training patients")]


def test_a_person_under_the_names_of_two_sets_is_one():
    reported = [
        one for one in found("BraTS20_Validation_066", "TCGA_CS_4941_19960909") if one[0].startswith("one person")
    ]
    assert reported == [
        ("one person, several scans", "TCGA_CS_4941_19960909", "BraTS20_Validation_066", "both are of TCGA_CS_4941")
    ]


def test_others_are_not_in_brats():
    assert found("TCGA_DU_7013_19860523", "BraTS20_Training_001", "PHANTOM_NORTH_001") == []


def test_the_list_is_the_tcga_lgg_part_of_brats():
    """65 and 43 persons, 108 in all: Bakas et al. 2017."""
    rows = list(csv.DictReader(BRATS.open(encoding="utf-8")))
    parts = [row["part"] for row in rows]
    assert (parts.count("training"), parts.count("validation"), len(parts)) == (65, 43, 108)
    for column in rows[0].keys() - {"part"}:
        assert len({row[column] for row in rows}) == len(rows)  # nobody twice
    numbers = [(row["brats_2017"].split("_")[2], row["brats_2018"].split("_")[2]) for row in rows]
    assert all(one == other for one, other in numbers)


def test_95_of_the_110_lgg_patients_are_in_brats():
    names = sorted(published())
    assert len([one for one in found(*names) if one[0] == "also in BraTS"]) == 95
