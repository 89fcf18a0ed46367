from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brainseg.core.errors import UserError
from brainseg.data import own_split
from brainseg.data.own_split import OwnSplit
from brainseg.data.raw.patients import institution, persons
from brainseg.data.split import patients_in
from brainseg.splitting.subsets import REPORT_VALIDATION, split_patients
from tests.data.small_names import LGG, PATIENTS, SITES
from tests.splitting.split_settings import chosen

STRATEGIES = ["random", "report", "kfold"]
EVERY_STRATEGY = [*STRATEGIES, "leave_one_institution_out", "file"]


def own(place: dict[str, str | int], pattern: str = "auto") -> OwnSplit:
    return OwnSplit(place, persons(place, pattern))


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
def test_somebody_always_validates_and_none_tests_at_0(count, test, expected):
    subset = split_patients(PATIENTS[:count], chosen(test=test, validation=0.01))
    assert tuple(len(patients_in(subset, name)) for name in ("train", "validation", "test")) == expected


def test_report_validates_on_the_ten_and_has_no_test_patients():
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
def test_what_cannot_be_split_is_reported_in_one_line(count, changes, words):
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


def test_who_cannot_be_set_aside_is_reported():
    with pytest.raises(UserError, match=r"split.set_aside report needs patients that the data lacks: TCGA_CS_4944"):
        split_patients(PATIENTS, chosen("kfold", set_aside="report"))


DATES = ["19990101", "20010101", "20030101"]
SCANS = st.lists(st.integers(1, 3), min_size=12, max_size=30)  # of each person


@given(
    SCANS,
    st.sampled_from(EVERY_STRATEGY),
    st.sampled_from(["nobody", "report"]),
    st.sampled_from(["institution", "size", "institution_and_size"]),
    st.integers(0, 99),
    st.integers(0, 2),
    st.sampled_from([("train", "validation", "test"), (0, 1, 2)]),
)
def test_a_person_is_in_one_subset_whatever_the_strategy(scans, strategy, set_aside, stratify, seed, fold, places):
    people = [f"TCGA_{['CS', 'DU', 'HT'][number % 3]}_{number:04d}" for number in range(len(scans))]
    patients = [f"{who}_{date}" for who, count in zip(people, scans, strict=True) for date in DATES[:count]]
    second_scans = [f"{persons([patient])[patient]}_{DATES[2]}" for patient in REPORT_VALIDATION[:3]]
    patients += [*REPORT_VALIDATION, *second_scans]
    set_aside = "nobody" if strategy == "report" else set_aside
    who = persons(patients)
    settings = chosen(strategy, set_aside=set_aside, stratify=stratify, seed=seed, fold=fold)
    number = {person: place for place, person in enumerate(sorted(set(who.values())))}
    given_split = own({patient: places[number[who[patient]] % 3] for patient in patients})
    voxels = {patient: (37 * seed + 101 * place) % 1000 for place, patient in enumerate(patients)}
    subset = split_patients(patients, settings, given_split if strategy == "file" else None, voxels)
    assert len({(who[patient], name) for patient, name in subset.items()}) == len({who[patient] for patient in subset})
    assert list(subset) == sorted(subset)
    absent = set(patients) - set(subset)
    assert absent == ({*REPORT_VALIDATION, *second_scans} if set_aside == "report" else set())


@given(st.data(), st.lists(st.integers(1, 3), min_size=2, max_size=8), st.booleans(), st.integers(0, 2))
def test_a_file_that_puts_scans_anywhere_is_refused_or_groups_persons(data, scans, folds, fold):
    patients = [f"TCGA_CS_{person:04d}_{date}" for person, count in enumerate(scans) for date in DATES[:count]]
    places = st.sampled_from(["0", "1", "2"] if folds else ["train", "validation", "test"])
    words = st.sampled_from(["", "", "anna", "ben"])
    rows = [f"{patient},{data.draw(places)},{data.draw(words)}" for patient in patients]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "own.csv"
        path.write_text("\n".join([f"patient,{'fold' if folds else 'subset'},person", *rows]))
        try:
            given_split = own_split.read(path, patients, "auto", 3)
            subset = split_patients(patients, chosen("file", fold=fold, folds=3), given_split)
        except UserError:
            return
    assert sorted(subset) == sorted(patients)
    word = {patient: word for patient, _, word in (row.split(",") for row in rows) if word}
    for who in (persons(patients), word):
        assert len({(who[patient], subset[patient]) for patient in who}) == len(set(who.values()))


def test_the_subsets_of_a_file_are_taken_as_they_are():
    place = dict(zip(LGG, ["train", "validation", "test", "train"] * 27 + ["test", "train"], strict=True))
    assert split_patients(LGG, chosen("file", seed=5), own(place)) == dict(sorted(place.items()))
    assert split_patients(LGG, chosen("file", seed=6), own(place)) == dict(sorted(place.items()))


def test_a_fold_of_a_file_tests_and_a_share_of_the_others_validates():
    place = {patient: number % 3 for number, patient in enumerate(PATIENTS)}
    for fold in range(3):
        subset = split_patients(PATIENTS, chosen("file", fold=fold, folds=3), own(place))
        assert patients_in(subset, "test") == sorted(patient for patient in PATIENTS if place[patient] == fold)
        count = len(patients_in(subset, "test"))
        assert len(patients_in(subset, "validation")) == round(0.15 * (100 - count))


@pytest.mark.parametrize(
    ("place", "reported"),
    [
        (["train", "train", "test"], "own.csv: nobody is in validation"),
        (["validation", "validation", "test"], "own.csv: nobody is in train"),
        ([1, 1, 2], "own.csv: nobody is in fold 0, which split.fold has to test"),
        ([0, 0, 1], "own.csv: nobody is in train"),
    ],
)
def test_a_file_that_leaves_a_subset_empty_is_reported(place, reported):
    with pytest.raises(UserError, match=reported):
        split_patients(["A", "B", "C"], chosen("file"), own(dict(zip("ABC", place, strict=True))))


def test_each_institution_tests_once_and_the_others_train():
    for fold, site in enumerate(sorted(SITES)):
        subset = split_patients(LGG, chosen("leave_one_institution_out", fold=fold))
        assert {institution(patient) for patient in patients_in(subset, "test")} == {site}
        others = [patient for patient in subset if institution(patient) != site]
        assert sorted(patients_in(subset, "train") + patients_in(subset, "validation")) == sorted(others)
        assert len(patients_in(subset, "validation")) == round(0.15 * len(others))
    with pytest.raises(UserError, match="split.fold is 3; expected 0 to 2 for the institutions CS, DU, HT"):
        split_patients(LGG, chosen("leave_one_institution_out", fold=3))
    assert chosen("leave_one_institution_out", fold=7).fold == 7  # split.folds does not count


@pytest.mark.parametrize(
    ("names", "reported"),
    [
        ([f"sub_{number:03d}_mri" for number in range(40)], "the second words of these names are none, or hardly"),
        ([f"anna{number}" for number in range(9)], "the second words of these names are none"),
        ([f"TCGA_CS_{number}" for number in range(9)], "all patients are of CS"),
        ([*(f"TCGA_{site}_{number}" for site in ("CS", "DU") for number in range(9)), "anna"], "anna has none"),
    ],
)
def test_names_without_institutions_are_reported_in_one_line(names, reported):
    with pytest.raises(UserError, match="leave_one_institution_out needs two institutions or more") as error:
        split_patients(names, chosen("leave_one_institution_out"))
    assert reported in str(error.value) and "\n" not in str(error.value)


def test_a_person_scanned_at_two_institutions_is_reported():
    names = [f"a_{site}_{number}" for site in ("CS", "DU") for number in range(5)]
    with pytest.raises(UserError, match="a_CS_3 has scans of CS and DU"):
        split_patients(names, chosen("leave_one_institution_out", person_pattern=r"a_.._(3)"))


@pytest.mark.parametrize("strategy", ["random", "kfold"])
@pytest.mark.parametrize("stratify", ["size", "institution_and_size"])
def test_each_third_of_the_sizes_has_its_share(strategy, stratify):
    rng = np.random.default_rng(1)
    voxels = {patient: int(size) for patient, size in zip(PATIENTS, rng.permutation(100), strict=True)}  # one is 0
    third = {patient: min((size - 1) // 33, 2) for patient, size in voxels.items() if size}
    settings = chosen(strategy, stratify=stratify)
    subset = split_patients(PATIENTS, settings, lesion_size=voxels)
    share = 0.25 if strategy == "random" else 0.2
    counts = Counter(third[patient] for patient in patients_in(subset, "test") if patient in third)
    # within an institution the picks are evenly spaced over the thirds, at most one off
    assert all(abs(counts[part] - 33 * share) <= (1 if stratify == "size" else 3) for part in range(3))
    assert subset != split_patients(PATIENTS, chosen(strategy))
    if stratify == "institution_and_size":
        tested = Counter(map(institution, patients_in(subset, "test")))
        assert all(abs(tested[site] - share * count) <= 1 for site, count in SITES.items())


def test_patients_without_lesion_are_a_stratum_of_their_own():
    voxels = {patient: 0 if number < 20 else 10 + number for number, patient in enumerate(PATIENTS)}
    for fold in range(5):
        subset = split_patients(PATIENTS, chosen("kfold", stratify="size", fold=fold), lesion_size=voxels)
        assert sum(voxels[patient] == 0 for patient in patients_in(subset, "test")) == 4
    nobody = dict.fromkeys(PATIENTS, 0)
    assert len(split_patients(PATIENTS, chosen(stratify="size"), lesion_size=nobody)) == len(PATIENTS)


def test_a_scan_of_the_reports_ten_under_any_name_is_set_aside_with_them():
    others = [f"TCGA_DU_{number:04d}_20000101" for number in range(12)]
    patients = [*REPORT_VALIDATION, "TCGA_CS_4944_scan2", *others]
    assert sorted(split_patients(patients, chosen("random", set_aside="report"))) == others
    assert split_patients(patients, chosen("report"))["TCGA_CS_4944_scan2"] == "validation"
