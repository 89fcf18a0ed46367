from dataclasses import fields

import numpy as np
import pytest

from brainseg.compare.methods import METRICS, Method, held_out, methods_of
from brainseg.core.errors import UserError
from brainseg.evaluation.patient_scores import Scores
from tests.compare.small_experiment import ABC, experiment, fold

NAN = float("nan")


def scores_of(method: Method) -> dict[str, list[float]]:
    return dict(zip(method.patients, method.scores.tolist(), strict=True))


def test_methods_that_differ_in_a_setting_stay_apart():
    methods, notes = methods_of(
        [experiment("dice"), experiment("bce", {"c": 1, "b": 2, "a": 3}, {"loss": "bce"})], "dsc"
    )
    dice, bce = methods
    assert notes == []
    assert (dice.name, bce.name) == ("dice", "bce")
    assert dice.patients == bce.patients == ["a", "b", "c"]
    assert scores_of(dice) == {"a": [0.5], "b": [0.7], "c": [0.9]}
    assert scores_of(bce) == {"a": [3], "b": [2], "c": [1]}
    assert dice.folds.tolist() == [0, 0, 0]


def test_seeds_are_columns_of_one_method():
    seeds = [
        experiment("dice-seed2", {"a": 0.1, "b": 0.2, "c": 0.3}, {"seed": 2}),
        experiment("dice-seed1", {"a": 0.4, "b": 0.5, "c": 0.6}, {"seed": 1}),
    ]
    [method], notes = methods_of(seeds, "dsc")
    assert method.name == "dice" and notes == []
    assert scores_of(method) == {"a": [0.4, 0.1], "b": [0.5, 0.2], "c": [0.6, 0.3]}  # by seed
    np.testing.assert_allclose(method.per_patient, [0.25, 0.35, 0.45])
    assert [it.name for it in method.experiments] == ["dice-seed2", "dice-seed1"]


def test_folds_are_rows_of_one_method():
    folds = [experiment("dice-fold1", {"b": 0.2}, fold(1)), experiment("dice-fold0", {"a": 0.4, "c": 0.6}, fold(0))]
    [method], notes = methods_of(folds, "dsc")
    assert method.name == "dice" and notes == []
    assert scores_of(method) == {"a": [0.4], "b": [0.2], "c": [0.6]}
    assert method.folds.tolist() == [0, 1, 0]


def test_seeds_of_folds_are_rows_and_columns():
    every = [
        experiment(f"dice-fold{k}-seed{seed}", {"ab"[k]: k + seed / 10}, fold(k, seed))
        for k in (0, 1)
        for seed in (1, 2)
    ]
    [method], notes = methods_of(every, "dsc")
    assert method.name == "dice" and notes == []
    assert scores_of(method) == {"a": [0.1, 0.2], "b": [1.1, 1.2]}
    assert method.folds.tolist() == [0, 1]


def test_a_fold_without_kfold_is_no_fold():
    """split.fold is there, and says nothing, in a random split."""
    [method], notes = methods_of(
        [experiment("a", changes={"split.fold": 3}), experiment("b", changes={"seed": 1})], "dsc"
    )
    assert method.folds.tolist() == [0, 0, 0] and method.scores.shape == (3, 2) and notes == []


def test_a_twin_is_left_out_and_reported():
    methods, notes = methods_of(
        [experiment("dice"), experiment("again"), experiment("bce", changes={"loss": "bce"})], "dsc"
    )
    assert [method.name for method in methods] == ["dice", "bce"]
    assert methods[0].scores.shape == (3, 1)
    assert notes == ["again is left out: the same experiment as dice"]


def test_a_missing_fold_is_reported():
    folds = [
        experiment("dice-fold0-seed1", {"a": 1}, fold(0, 1)),
        experiment("dice-fold1-seed1", {"b": 1}, fold(1, 1)),
        experiment("dice-fold0-seed2", {"a": 1}, fold(0, 2)),
    ]
    with pytest.raises(UserError, match="dice: seed 2 lacks fold 1; run it, or leave that seed out"):
        methods_of(folds, "dsc")


def test_a_patient_held_out_in_two_folds_is_reported():
    folds = [experiment("dice-fold0", {"a": 1, "b": 1}, fold(0)), experiment("dice-fold1", {"b": 1}, fold(1))]
    with pytest.raises(UserError, match="dice: b is held out twice; each patient counts once"):
        methods_of(folds, "dsc")


def test_patients_that_not_all_methods_held_out_are_left_out_and_reported():
    other = {"loss": "bce", "data/split.csv": "another"}
    (dice, bce), notes = methods_of([experiment("dice"), experiment("bce", {"b": 1, "c": 2, "d": 3}, other)], "dsc")
    assert scores_of(dice) == {"b": [0.7], "c": [0.9]}
    assert scores_of(bce) == {"b": [1], "c": [2]}
    assert notes == ["2 of 4 patients are left out: not held out by every method"]


def test_no_shared_patient_is_reported():
    other = {"loss": "bce", "data/split.csv": "another"}
    with pytest.raises(UserError, match="dice, bce: not one patient was held out by all; compare experiments of one"):
        methods_of([experiment("dice"), experiment("bce", {"d": 1}, other)], "dsc")


def test_test_patients_are_not_compared_with_validation_patients():
    validation = experiment("bce", changes={"loss": "bce"}, subset="validation")
    with pytest.raises(UserError, match="dice scores test patients, bce has validation patients alone"):
        methods_of([experiment("dice"), validation], "dsc")


def test_validation_patients_count_without_test_patients():
    per_volume = experiment("dice", subset="validation").per_volume
    subset, rows = held_out(per_volume)
    assert subset == "validation" and list(rows.index) == [*ABC]
    per_volume.loc["trained on by dice", "subset"] = "test"
    subset, rows = held_out(per_volume)
    assert subset == "test" and list(rows.index) == ["trained on by dice"]


def test_an_experiment_scored_before_there_was_the_metric_is_reported():
    new = experiment("new", columns={"nsd": [0.1, 0.2, 0.3]})
    with pytest.raises(UserError, match="old: was scored before there was 'nsd'; `dvc repro` or `dvc exp run` it anew"):
        methods_of([new, experiment("old", changes={"loss": "bce"})], "nsd")


def test_patients_without_a_defined_score_are_left_out_for_all_methods_and_reported():
    whole = experiment("dice", columns={"precision": [0.1, 0.2, 0.3]})
    holes = experiment("bce", changes={"loss": "bce"}, columns={"precision": [0.4, NAN, 0.6]})
    (dice, bce), notes = methods_of([whole, holes], "precision")
    assert scores_of(dice) == {"a": [0.1], "c": [0.3]}
    assert scores_of(bce) == {"a": [0.4], "c": [0.6]}
    assert notes == ["1 of 3 patients is left out: precision is undefined there, by one method or another"]


def test_a_patient_that_is_undefined_for_all_methods_is_reported_too():
    names = {"dice": {}, "bce": {"loss": "bce"}}
    both = [experiment(name, changes=it, columns={"precision": [NAN, NAN, 0.6]}) for name, it in names.items()]
    (dice, _), notes = methods_of(both, "precision")
    assert dice.patients == ["c"]
    assert notes == ["2 of 3 patients are left out: precision is undefined there, by one method or another"]


def test_one_seed_without_a_score_leaves_the_patient_out():
    """Else its mean would be of fewer networks than the others'."""
    seeds = [
        experiment(f"dice-seed{k}", changes={"seed": k}, columns={"precision": [0.1, 0.2 if k else NAN, 0.3]})
        for k in (0, 1)
    ]
    [method], notes = methods_of(seeds, "precision")
    assert method.patients == ["a", "c"] and len(notes) == 1


def test_a_metric_that_no_experiment_has_is_reported():
    names = {"dice": {}, "bce": {"loss": "bce"}}
    both = [experiment(name, changes=it, columns={"precision": [NAN] * 3}) for name, it in names.items()]
    with pytest.raises(UserError, match="precision is undefined for every patient"):
        methods_of(both, "precision")


def test_methods_of_equal_beginnings_stay_two():
    groups = [experiment(f"grid-{k}", changes={"seed": k % 2, "loss": ["dice", "bce"][k // 2]}) for k in range(4)]
    methods, _ = methods_of(groups, "dsc")
    assert [method.name for method in methods] == ["grid-0", "grid-2"]
    assert [len(method.experiments) for method in methods] == [2, 2]


def test_every_metric_is_one_that_evaluation_writes():
    """A metric of the option that no table has could never be compared."""
    assert set(METRICS) <= {field.name for field in fields(Scores)}


SCANS = {"TCGA_CS_4941_19990101": 0.2, "TCGA_CS_4941_20010101": 0.6, "TCGA_DU_0001_19990101": 0.5}


def test_a_person_counts_once_with_the_mean_of_the_scans():
    methods, notes = methods_of([experiment("dice", SCANS), experiment("bce", SCANS, {"loss": "bce"})], "dsc")
    for method in methods:
        assert method.patients == ["TCGA_CS_4941_19990101", "TCGA_DU_0001_19990101"]
        np.testing.assert_allclose(method.scores[:, 0], [0.4, 0.5])
    assert notes == ["3 scans are of 2 persons: a person counts once, with the mean of the scans"]


def test_the_pattern_of_the_experiment_says_who_is_one_person():
    scans = {"anna-1": 0.2, "anna-2": 0.4, "bob-1": 0.5}
    pattern = {"split.person_pattern": r"(\w+)-\d"}
    [method], _ = methods_of([experiment("dice", scans, pattern)], "dsc")
    assert method.patients == ["anna-1", "bob-1"]


def test_an_experiment_that_trained_on_another_scan_of_a_held_out_person_is_refused():
    known = experiment("dice", {"TCGA_CS_4941_19990101": 0.9, "b": 0.5})
    known.per_volume.loc["TCGA_CS_4941_20010101"] = {"subset": "train", "dsc": 0.9}
    with pytest.raises(UserError, match="^dice: TCGA_CS_4941_19990101 is held out, and TCGA_CS_4941_20010101 of the"):
        methods_of([known], "dsc")
