from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from brainseg.core.errors import UserError
from brainseg.data.raw.patients import institution, persons
from brainseg.data.split import patients_in
from brainseg.splitting import REPORT_VALIDATION, SplitSettings, split_patients
from tests.data.small_names import LGG, PATIENTS, SITES

STRATEGIES = ["random", "report", "kfold"]


def chosen(strategy="random", **changes) -> SplitSettings:
    usual = {"set_aside": "nobody", "person_pattern": "auto", "seed": 0, "validation": 0.15, "test": 0.25}
    return SplitSettings(strategy=strategy, **usual | {"folds": 5, "fold": 0} | changes)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_patient_is_in_one_subset_and_the_order_given_does_not_matter(strategy):
    subset = split_patients(LGG, chosen(strategy))
    assert list(subset) == sorted(LGG)
    assert set(subset.values()) <= {"train", "validation", "test"}
    assert list(split_patients(LGG[::-1], chosen(strategy)).items()) == list(subset.items())


@pytest.mark.parametrize("strategy", ["random", "kfold"])
def test_the_seed_decides(strategy):
    first, again, other = (split_patients(PATIENTS, chosen(strategy, seed=seed)) for seed in (3, 3, 4))
    assert first == again != other


def test_random_has_the_shares_asked_for_in_every_institution():
    subset = split_patients(PATIENTS, chosen())
    assert Counter(subset.values()) == {"train": 60, "validation": 15, "test": 25}
    for site, count in SITES.items():
        of_site = Counter(name for patient, name in subset.items() if institution(patient) == site)
        assert abs(of_site["test"] - 0.25 * count) <= 1
        assert abs(of_site["validation"] - 0.15 * count) <= 1


@pytest.mark.parametrize(
    ("count", "test", "expected"), [(4, 0.25, (2, 1, 1)), (4, 0.0, (3, 1, 0)), (2, 0.0, (1, 1, 0))]
)
def test_somebody_always_validates_and_nobody_tests_at_0(count, test, expected):
    subset = split_patients(PATIENTS[:count], chosen(test=test, validation=0.01))
    assert tuple(len(patients_in(subset, name)) for name in ("train", "validation", "test")) == expected


def test_report_validates_on_the_ten_and_tests_on_nobody():
    subset = split_patients(LGG, chosen("report"))
    assert sorted(patients_in(subset, "validation")) == sorted(REPORT_VALIDATION)
    assert len(patients_in(subset, "train")) == len(PATIENTS)
    assert patients_in(subset, "test") == []


def test_report_names_the_patients_that_the_data_lacks():
    with pytest.raises(UserError) as error:
        split_patients([*PATIENTS, *REPORT_VALIDATION[:8]], chosen("report"))
    assert all(name in str(error.value) for name in REPORT_VALIDATION[8:])
    assert not any(name in str(error.value) for name in REPORT_VALIDATION[:8])


def test_over_all_folds_each_patient_tests_once():
    folds = [split_patients(LGG, chosen("kfold", fold=fold)) for fold in range(5)]
    assert sorted(patient for subset in folds for patient in patients_in(subset, "test")) == sorted(LGG)


@pytest.mark.parametrize("fold", range(5))
def test_folds_are_stratified_and_part_of_the_others_validates(fold):
    subset = split_patients(PATIENTS, chosen("kfold", fold=fold))
    tested = Counter(institution(patient) for patient in patients_in(subset, "test"))
    assert all(abs(tested[site] - count / 5) < 1 for site, count in SITES.items())
    assert len(patients_in(subset, "validation")) == 12  # 0.15 of 80


@pytest.mark.parametrize(
    ("count", "changes", "words"),
    [
        (4, {"strategy": "kfold"}, ["split.folds is 5", "4 persons"]),
        (10, {"test": 0.6, "validation": 0.39}, ["no person of 10", "split.validation"]),
        (10, {"test": 0.96, "validation": 0.01}, ["no person of 10", "split.test"]),  # nor to validate
        (1, {"test": 0.0}, ["no person of 1", "two are needed"]),
    ],
)
def test_what_cannot_be_split_is_told_in_one_line(count, changes, words):
    with pytest.raises(UserError) as error:
        split_patients(PATIENTS[:count], chosen(**changes))
    assert all(word in str(error.value) for word in words)
    assert "\n" not in str(error.value)


def test_no_patient_of_an_unlucky_draw_is_favoured():
    tested = Counter(p for seed in range(200) for p in patients_in(split_patients(PATIENTS, chosen(seed=seed)), "test"))
    assert np.ptp([tested[patient] for patient in PATIENTS]) < 50  # about 50 +- 6 each


def test_the_seed_counts_where_second_words_are_no_institutions():
    names = [f"sub_{number:03d}_mri" for number in range(40)]
    assert split_patients(names, chosen(seed=0)) != split_patients(names, chosen(seed=1))


def test_the_only_patient_of_an_institution_can_come_into_any_subset():
    lonely = {split_patients([*LGG, "TCGA_XX_1"], chosen(seed=seed))["TCGA_XX_1"] for seed in range(60)}
    assert lonely == {"train", "validation", "test"}


@pytest.mark.parametrize("strategy", ["random", "kfold"])
def test_who_is_set_aside_is_in_no_subset_and_the_others_are_split_as_if_alone(strategy):
    others = [patient for patient in LGG if patient not in REPORT_VALIDATION]
    found = split_patients(LGG, chosen(strategy, set_aside="report"))
    assert sorted(found) == sorted(others)
    assert found == split_patients(others, chosen(strategy))


def test_over_all_folds_only_those_not_set_aside_test():
    folds = [split_patients(LGG, chosen("kfold", set_aside="report", folds=3, fold=fold)) for fold in range(3)]
    tested = Counter(patient for fold in folds for patient in patients_in(fold, "test"))
    assert sorted(tested) == sorted(PATIENTS) and set(tested.values()) == {1}


def test_who_cannot_be_set_aside_is_told():
    with pytest.raises(UserError, match=r"split.set_aside report needs patients that the data lacks: TCGA_CS_4944"):
        split_patients(PATIENTS, chosen("kfold", set_aside="report"))
    with pytest.raises(ValidationError, match="with strategy report those ten validate, expected nobody"):
        chosen("report", set_aside="report")


@pytest.mark.parametrize("pattern", ["(", "sub-.*"])
def test_a_pattern_needs_a_group(pattern):
    with pytest.raises(ValidationError, match="expected auto, or a regular expression"):
        chosen(person_pattern=pattern)


DATES = ["19990101", "20010101", "20030101"]
SCANS = st.lists(st.integers(1, 3), min_size=12, max_size=30)  # of each person


@given(SCANS, st.sampled_from(STRATEGIES), st.sampled_from(["nobody", "report"]), st.integers(0, 99), st.integers(0, 4))
def test_a_person_is_in_one_subset_whatever_the_strategy(scans, strategy, set_aside, seed, fold):
    people = [f"TCGA_{['CS', 'DU', 'HT'][number % 3]}_{number:04d}" for number in range(len(scans))]
    patients = [f"{who}_{date}" for who, count in zip(people, scans, strict=True) for date in DATES[:count]]
    second_scans = [f"{persons([patient])[patient]}_{DATES[2]}" for patient in REPORT_VALIDATION[:3]]
    patients += [*REPORT_VALIDATION, *second_scans]
    set_aside = "nobody" if strategy == "report" else set_aside
    subset = split_patients(patients, chosen(strategy, set_aside=set_aside, seed=seed, fold=fold))
    who = persons(subset)
    assert len({(who[patient], name) for patient, name in subset.items()}) == len(set(who.values()))
    assert list(subset) == sorted(subset)
    absent = set(patients) - set(subset)
    assert absent == ({*REPORT_VALIDATION, *second_scans} if set_aside == "report" else set())


def test_a_scan_of_the_reports_ten_under_any_name_is_set_aside_with_them():
    others = [f"TCGA_DU_{number:04d}_20000101" for number in range(12)]
    patients = [*REPORT_VALIDATION, "TCGA_CS_4944_scan2", *others]
    assert sorted(split_patients(patients, chosen("random", set_aside="report"))) == others
    assert split_patients(patients, chosen("report"))["TCGA_CS_4944_scan2"] == "validation"
