from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from brainseg.compare.selection_bias import selection_bias
from brainseg.compare.stats.bootstrap import winners_optimism
from brainseg.experiments.reader import EvaluatedRun
from tests.compare.small_experiment import experiment, fold

HIGH, LOW = {"a": 0.9, "b": 0.1, "c": 0.5}, {"a": 0.1, "b": 0.9, "c": 0.5}


def in_repository(name: str, scores: dict[str, float], **given) -> EvaluatedRun:
    it = experiment(name, scores, **given)
    return EvaluatedRun(it.name, it.revision, it.lock, it.per_volume)


def test_the_price_of_the_best_epoch():
    price = selection_bias(
        [experiment("falls", validation_dsc=[0.2, 0.8, 0.5]), experiment("rises", validation_dsc=[0.1, 0.2])], []
    )
    assert price.best_minus_last.to_dict() == pytest.approx({"falls": 0.3, "rises": 0.0})
    assert price.best_epoch.to_dict() == pytest.approx({"falls": 0, "rises": 0})  # both patients agree on the best


def test_epochs_without_validation_are_no_choice():
    it = experiment("dice", validation_dsc=[np.nan, 0.75, np.nan, 0.5])
    price = selection_bias(
        [replace(it, validation_per_epoch=experiment("two", validation_dsc=[0.75, 0.5]).validation_per_epoch)], []
    )
    assert price.best_minus_last.to_dict() == {"dice": 0.25}


def test_epochs_that_patients_disagree_on_flatter():
    it = experiment("dice", validation_dsc=[0.5, 0.5])
    per_epoch = pd.DataFrame({"epoch": [1, 1, 2, 2], "patient": list("uvuv"), "dsc": [0.9, 0.1, 0.1, 0.9]})
    price = selection_bias([replace(it, validation_per_epoch=per_epoch)], [])
    assert price.best_epoch["dice"] == winners_optimism(np.array([[0.9, 0.1], [0.1, 0.9]])) > 0.1


def test_the_price_of_the_best_experiment_counts_all_that_scored_the_same_patients():
    others = [in_repository("other", LOW), in_repository("elsewhere", {"x": 0.3, "y": 0.4})]
    price = selection_bias([experiment("dice", HIGH)], others)
    assert price.compared_count == 2
    assert price.optimism == winners_optimism(np.array([[0.9, 0.1], [0.1, 0.9], [0.5, 0.5]]))
    assert price.optimism > 0.05


def test_an_experiment_of_the_workspace_counts_too():
    assert selection_bias([experiment("workspace", HIGH), experiment("bce", LOW)], []).compared_count == 2


def test_equal_scores_count_once_in_whatever_order():
    again = in_repository("again", dict(reversed(HIGH.items())))
    price = selection_bias([experiment("dice", HIGH), experiment("twin", HIGH)], [again])
    assert (price.compared_count, price.optimism) == (1, 0.0)


def test_of_folds_those_that_scored_one_fold_compete():
    """Two methods in two folds are four experiments, two of which scored the same patients."""
    experiments = [
        experiment("dice-fold0", {"a": 0.9, "b": 0.1}, fold(0)),
        experiment("dice-fold1", {"c": 0.9, "d": 0.1}, fold(1)),
        experiment("bce-fold0", {"a": 0.5, "b": 0.5}, fold(0) | {"loss": "bce"}),
        experiment("bce-fold1", {"c": 0.5, "d": 0.6}, fold(1) | {"loss": "bce"}),
    ]
    assert selection_bias(experiments, []).compared_count == 2
