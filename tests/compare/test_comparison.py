import numpy as np
import pytest

from brainseg.core.errors import UserError
from tests.compare.small_comparison import PATIENTS, SCORES, compared, seeds, shifted, three
from tests.compare.small_experiment import experiment, fold


def test_all_others_are_compared_with_the_first_and_all_with_all():
    found = compared(three())
    assert found.baseline.name == "dice" and found.subset == "test"
    reported = {verdict.a: (verdict.b, verdict.outcome) for verdict in found.against_baseline}
    assert reported == {"bce": ("dice", "better"), "sgd": ("dice", "worse")}
    pairs = {(verdict.a, verdict.b): verdict.outcome for verdict in found.pairs}
    assert pairs == {("bce", "dice"): "better", ("sgd", "dice"): "worse", ("sgd", "bce"): "worse"}
    np.testing.assert_array_equal(found.ranks, [[0, 1, 0], [1, 0, 0], [0, 0, 1]])
    assert list(found.table.index) == ["dice", "bce", "sgd"]
    assert found.certificates["bce"].differs == {"loss": ["loss: dice → bce"]}
    assert set(found.certificates["sgd"].differs) == {"optimizer"}
    assert found.bias.compared_count == 3


def test_a_baseline_is_named_and_comes_first():
    found = compared(three(), baseline="sgd")
    assert [method.name for method in found.methods] == ["sgd", "dice", "bce"]
    assert {verdict.a: verdict.outcome for verdict in found.against_baseline} == {"dice": "better", "bce": "better"}
    assert found.certificates["dice"].sentence().endswith("only the optimizer differs (sgd → adam, lr 0.1 → 0.002)")


def test_a_baseline_may_be_named_by_its_method_or_any_experiment_of_it():
    experiments = seeds("dice", "dice", 0, (1, 2)) + seeds("bce", "bce", 0.1, (1, 2))
    for name in ("bce", "bce-seed1", "bce-seed2"):
        assert compared(experiments, baseline=name).baseline.name == "bce"


def test_seeds_let_it_judge_methods():
    experiments = seeds("dice", "dice", 0, (1, 2)) + seeds("bce", "bce", 0.1, (1, 2))
    [verdict] = compared(experiments).against_baseline
    assert (verdict.a, verdict.about, verdict.outcome) == ("bce", "methods", "better")
    assert verdict.mean == pytest.approx(0.1)


def test_the_certificate_is_of_equal_seeds_in_whatever_order():
    experiments = seeds("dice", "dice", 0, (1, 2)) + seeds("bce", "bce", 0.1, (3, 2))
    assert set(compared(experiments).certificates["bce"].differs) == {"loss"}
    none_equal = seeds("dice", "dice", 0, (1, 2)) + seeds("bce", "bce", 0.1, (3, 4))
    assert set(compared(none_equal).certificates["bce"].differs) == {"loss", "seed"}


def test_folds_let_it_judge_methods():
    experiments = [
        experiment(
            f"{loss}-fold{k}",
            {patient: score for patient, score in shifted(by).items() if PATIENTS.index(patient) % 3 == k},
            fold(k) | {"loss": loss},
        )
        for loss, by in (("dice", 0), ("bce", 0.1))
        for k in range(3)
    ]
    found = compared(experiments)
    assert [method.name for method in found.methods] == ["dice", "bce"]
    assert found.baseline.folds.tolist() == [0, 1, 2] * 4
    [verdict] = found.against_baseline
    assert (verdict.about, verdict.outcome) == ("methods", "better")
    assert (found.one_seed, found.drawn) == (True, "patients and folds")
    assert set(found.certificates["bce"].differs) == {"loss"}


def test_what_is_drawn_is_what_there_is_several_of():
    one = compared(three())
    assert (one.one_seed, one.drawn) == (True, "patients")
    several = compared(seeds("dice", "dice", 0, (1, 2)) + seeds("bce", "bce", 0.1, (1, 2)))
    assert (several.one_seed, several.drawn) == (False, "patients and seeds")
    one_of_bce = compared(seeds("dice", "dice", 0, (1, 2)) + seeds("bce", "bce", 0.1, (1,)))
    assert (one_of_bce.one_seed, one_of_bce.drawn) == (True, "patients")
    in_folds = [
        experiment(
            f"{loss}-{k}-{seed}",
            {patient: score for patient, score in shifted(by).items() if PATIENTS.index(patient) % 3 == k},
            fold(k, seed) | {"loss": loss},
        )
        for loss, by in (("dice", 0), ("bce", 0.1))
        for k in range(3)
        for seed in (1, 2)
    ]
    found = compared(in_folds)
    assert (found.one_seed, found.drawn) == (False, "patients, folds and seeds")


def test_fewer_than_two_methods_are_reported():
    with pytest.raises(UserError, match="nothing to compare with: dice is the only experiment; name experiments that"):
        compared([experiment("dice")])
    with pytest.raises(UserError, match="nothing to compare with: dice-seed1, dice-seed2 are one method; name"):
        compared(seeds("dice", "dice", 0, (1, 2)))


def test_an_unknown_baseline_is_reported_with_the_methods():
    with pytest.raises(UserError, match="--baseline is 'focal'; expected one of: dice, bce, sgd"):
        compared(three(), baseline="focal")


def test_what_the_reader_must_know():
    names = {"dice": {}, "bce": {"loss": "bce"}}
    best = [experiment(name, changes=it, subset="validation", selected_on="validation") for name, it in names.items()]
    assert compared(best).notes == [
        "Nobody tests in this split: scores are of the validation patients, on whom epochs may be chosen.",
        "3 patients: intervals of mean and median are rough below 50, and too short for failures.",
        "Epoch or final mask chosen on the validation patients: dice, bce.",
    ]
    tested = [experiment(name, changes=it, selected_on="validation") for name, it in names.items()]
    assert len(compared(tested).notes) == 1  # whose patients were not chosen on
    many = {f"patient {number}": number / 50 for number in range(50)}
    assert compared([experiment(name, many, it) for name, it in names.items()]).notes == []


def test_one_patient_is_compared_and_nothing_can_be_concluded():
    names = {"dice-1": ({}, 0.5), "dice-2": ({"seed": 1}, 0.6), "bce-1": ({"loss": "bce"}, 0.9)}
    names |= {"bce-2": ({"loss": "bce", "seed": 1}, 0.8)}
    found = compared([experiment(name, {"a": score}, it) for name, (it, score) in names.items()])
    assert [verdict.outcome for verdict in found.against_baseline] == ["inconclusive"]
    assert found.notes == ["1 patient: intervals of mean and median are rough below 50, and too short for failures."]


def test_equal_scores_of_two_methods_are_practically_equal():
    found = compared([experiment("dice", SCORES), experiment("bce", SCORES, {"loss": "bce"})])
    assert [verdict.outcome for verdict in found.pairs] == ["equivalent"]


def test_other_metrics_are_compared_as_dsc_is():
    precision = {"precision": list(shifted(0.1).values())}
    experiments = [
        experiment("dice", SCORES, columns={"precision": list(SCORES.values())}),
        experiment("bce", SCORES, {"loss": "bce"}, columns=precision),
    ]
    assert [verdict.outcome for verdict in compared(experiments, "precision").pairs] == ["better"]
    assert [verdict.outcome for verdict in compared(experiments, "dsc").pairs] == ["equivalent"]
