"""Every number of the table by hand."""

import math

import pandas as pd
import pytest

from brainseg.compare.methods import methods_of
from brainseg.compare.results_table import by_stratum, report_table
from tests.compare.small_experiment import experiment, fold

# the median of epochs 3 to 7 is the first to reach 0.99 of 0.8, the plateau: epoch 7
RISING = [0.1, 0.2, 0.4, 0.6, 0.8, 0.8, 0.8, 0.8, 0.9, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8]


def row_of(*experiments, metric: str = "dsc") -> pd.Series:
    [method], _ = methods_of(experiments, metric)
    return report_table([method]).loc[method.name]


def test_a_method_of_one_experiment():
    timing = {"training_seconds": 450.0, "seconds_per_epoch": 30.0}
    scores = {"a": 0.05, "b": 0.6, "c": 0.7, "d": 0.85}
    row = row_of(experiment("dice", scores, validation_dsc=RISING, timing=timing))
    assert (row.loss, row.learning_rate, row.epochs, row.batch) == ("dice", 0.002, 40, 16)
    assert (row.pipeline, row.experiments) == ("unet, adam", 1)
    assert row.minutes_to_converge == pytest.approx(7 * 30 / 60)
    assert row.minutes_of_training == pytest.approx(7.5)
    assert row.minutes_an_epoch == pytest.approx(0.5)
    assert (row.best_validation_dsc, row.last_validation_dsc) == (0.9, 0.8)
    assert row.stability == pytest.approx(0, abs=1e-12)  # of the last fifth, three epochs
    assert pd.isna(row.seed_sd)
    assert row["mean"] == pytest.approx(0.55)
    assert row["median"] == pytest.approx(0.65)
    assert row.sd == pytest.approx(math.sqrt((0.5**2 + 0.05**2 + 0.15**2 + 0.3**2) / 3))
    assert row.minimum == 0.05
    assert row.failures == 1
    assert 0.05 <= row.mean_low < 0.55 < row.mean_high <= 0.85
    assert 0.05 <= row.median_low < 0.65 < row.median_high <= 0.85


def test_epochs_without_validation_count_to_the_minutes_and_to_nothing_else():
    every_third = [dsc if place == 2 else math.nan for dsc in RISING for place in range(3)]
    timing = {"training_seconds": 450.0, "seconds_per_epoch": 10.0}
    row = row_of(experiment("dice", validation_dsc=every_third, timing=timing))
    assert row.minutes_to_converge == pytest.approx(7 * 3 * 10 / 60)  # the seventh validation was after 21 epochs
    assert (row.best_validation_dsc, row.last_validation_dsc) == (0.9, 0.8)
    assert row.stability == pytest.approx(0, abs=1e-12)
    few = experiment("dice", validation_dsc=[math.nan, 0.8] * 9)
    assert row_of(few).minutes_to_converge == "too few epochs"


def test_a_method_of_two_seeds_is_their_mean():
    first = {"training_seconds": 60.0, "seconds_per_epoch": 30.0}
    second = {"training_seconds": 180.0, "seconds_per_epoch": 90.0}
    row = row_of(
        experiment("dice-1", {"a": 0.0, "b": 0.8}, {"seed": 1}, validation_dsc=RISING, timing=first),
        experiment("dice-2", {"a": 0.1, "b": 0.5}, {"seed": 2}, validation_dsc=[0.8] * 13 + [0.8, 0.5], timing=second),
    )
    assert row.experiments == 2
    assert row.minutes_to_converge == pytest.approx((7 * 30 + 5 * 90) / 2 / 60)
    assert row.minutes_of_training == 2 and row.minutes_an_epoch == 1
    assert row.best_validation_dsc == pytest.approx(0.85) and row.last_validation_dsc == pytest.approx(0.65)
    assert row.stability == pytest.approx((0 + math.sqrt(0.03)) / 2)  # 0.8, 0.8, 0.5: variance 0.03
    assert row.seed_sd == pytest.approx(math.sqrt(2) * 0.05)  # means 0.4 and 0.3
    assert row["mean"] == row["median"] == pytest.approx(0.35)  # of 0.05 and 0.65
    assert row.sd == pytest.approx(0.6 / math.sqrt(2))
    assert row.minimum == pytest.approx(0.05)
    assert row.failures == 0.5  # one of one seed, none of the other


def test_one_seed_that_did_not_converge_leaves_the_method_without_minutes():
    still_rising = [epoch / 100 for epoch in range(15)]
    converged = experiment("dice-1", validation_dsc=RISING)
    for second, words in ((still_rising, "not converged"), ([0.2, 0.4], "too few epochs")):
        seeds = [converged, experiment("dice-2", changes={"seed": 2}, validation_dsc=second)]
        assert row_of(*seeds).minutes_to_converge == words
    assert row_of(experiment("dice", validation_dsc=still_rising)).minutes_to_converge == "not converged"


@pytest.mark.parametrize(("epochs", "expected"), [(9, "too few epochs"), (10, 5 * 30 / 60)])
def test_ten_epochs_are_enough_for_a_verdict(epochs, expected):
    row = row_of(experiment("dice", validation_dsc=[0.8] * epochs))
    assert row.minutes_to_converge == expected


def test_a_method_of_folds_has_all_their_patients():
    row = row_of(experiment("dice-fold0", {"a": 0.2, "b": 0.4}, fold(0)), experiment("dice-fold1", {"c": 0.9}, fold(1)))
    assert row["mean"] == pytest.approx(0.5) and row["median"] == 0.4 and pd.isna(row.seed_sd)


def test_failures_of_folds_are_counted_and_those_of_seeds_averaged():
    lost = [{"a": 0.05, "b": 0.09, "c": 0.4}, {"a": 0.0, "b": 0.5, "c": 0.5}, {"a": 0.0, "b": 0.5, "c": 0.5}]
    seeds = [experiment(f"dice-{k}", scores, {"seed": k}) for k, scores in enumerate(lost)]
    assert row_of(*seeds).failures == pytest.approx(4 / 3)
    folds = [experiment("dice-fold0", {"a": 0.05, "b": 0.4}, fold(0)), experiment("dice-fold1", {"c": 0.0}, fold(1))]
    assert row_of(*folds).failures == 2


def test_a_failure_is_one_of_dsc_whatever_the_metric():
    columns = {"precision": [0.01, 0.02, 0.9]}
    row = row_of(experiment("dice", {"a": 0.5, "b": 0.05, "c": 0.0}, columns=columns), metric="precision")
    assert row["mean"] == pytest.approx(0.31)
    assert row.failures == 2


def test_a_failure_is_below_a_tenth_and_of_the_patients_that_are_compared():
    nan = float("nan")
    dice = experiment("dice", {"a": 0.1, "b": 0.09, "c": 0.0}, columns={"precision": [0.5, 0.5, nan]})
    assert row_of(dice, metric="precision").failures == 1


def test_one_patient_and_one_epoch():
    row = row_of(experiment("dice", {"a": 0.5}, validation_dsc=[0.3]))
    assert row["mean"] == row["median"] == row.minimum == 0.5
    assert row.mean_low <= 0.5 <= row.mean_high and row.median_low <= 0.5 <= row.median_high
    assert pd.isna(row.sd) and pd.isna(row.stability)
    assert row.minutes_to_converge == "too few epochs"


def test_what_an_experiment_did_not_note_is_missing():
    row = row_of(experiment("dice", timing={}, changes={"optims.adam": {"beta1": 0.9}}))
    assert pd.isna(row.minutes_of_training) and pd.isna(row.minutes_an_epoch) and pd.isna(row.learning_rate)


SIZES = {"size": ["small", "large", "small"], "edge": ["smooth", "ragged", float("nan")]}


def test_strata_have_the_mean_of_each_method_in_order_of_size():
    dice = experiment("dice", columns=SIZES)
    bce = experiment("bce", {"a": 0.1, "b": 0.2, "c": 0.3}, {"loss": "bce"}, columns=SIZES)
    methods, _ = methods_of([dice, bce], "dsc")
    table = by_stratum(methods, "dsc")
    assert list(table.columns) == ["trait", "stratum", "method", "patients", "mean_dsc"]
    rows = [tuple(row) for row in table[["trait", "stratum", "method", "patients"]].itertuples(index=False)]
    assert rows == [
        ("size", "small", "dice", 2),
        ("size", "small", "bce", 2),
        ("size", "large", "dice", 1),
        ("size", "large", "bce", 1),
        ("edge", "smooth", "dice", 1),
        ("edge", "smooth", "bce", 1),
        ("edge", "ragged", "dice", 1),
        ("edge", "ragged", "bce", 1),
    ]  # c is of no edge
    assert table.mean_dsc.tolist() == pytest.approx([0.7, 0.2, 0.7, 0.2, 0.5, 0.1, 0.7, 0.2])


def test_strata_of_one_experiment_serve_those_that_were_scored_before_there_were_any():
    old, new = experiment("old"), experiment("new", changes={"loss": "bce"}, columns=SIZES)
    methods, _ = methods_of([old, new], "dsc")
    assert set(by_stratum(methods, "dsc").method) == {"old", "new"}
    assert by_stratum(methods[:1], "dsc").empty


def test_strata_of_folds_are_those_of_the_held_out_patients():
    folds = [
        experiment("dice-fold0", {"a": 0.5}, fold(0), columns={"size": ["small"], "edge": ["smooth"]}),
        experiment("dice-fold1", {"b": 0.9}, fold(1), columns={"size": ["large"], "edge": ["smooth"]}),
    ]
    methods, _ = methods_of(folds, "dsc")
    table = by_stratum(methods, "dsc").set_index(["trait", "stratum"]).mean_dsc.to_dict()
    assert table == pytest.approx({("size", "small"): 0.5, ("size", "large"): 0.9, ("edge", "smooth"): 0.7})
