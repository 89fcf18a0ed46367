import numpy as np
import pandas as pd
import pytest

from brainseg.evaluation.summary import FAILURE_DSC
from brainseg.pages.run import charts
from tests.pages.small_run import tables


def held_out() -> pd.DataFrame:
    return tables().per_volume.iloc[:4]


def test_a_failure_is_what_the_evaluation_counts():
    assert charts.FAILED == FAILURE_DSC


def test_a_dot_a_patient_and_about_equal_ones_above_each_other():
    equal = held_out().assign(dsc=[0.9, 0.9, 0.9001, 0.05])
    chart = charts.scores(equal, (0.2, 0.95), 900)
    assert sorted((dot.x, dot.y, dot.kind) for dot in chart.dots) == [
        (0.05, 1.0, "alarm"),
        (0.9, 1.0, "main"),
        (0.9, 2.0, "main"),
        (0.9001, 3.0, "main"),
    ]
    [bar, mean] = chart.lines
    assert [x for x, _ in bar.points] == [0.2, 0.95]
    assert [x for x, _ in mean.points] == [pytest.approx(0.687525)] * 2


def test_an_infinite_interval_of_one_patient_is_not_drawn():
    chart = charts.scores(held_out().iloc[:1], (float("-inf"), float("inf")), 900)
    assert [line.kind for line in chart.lines] in (["second"], ["bar", "second"])
    assert all(np.isfinite(point).all() for line in chart.lines for point in line.points)


def test_the_curves_are_those_of_the_table_without_epochs_that_were_not_validated():
    chart = charts.dsc_curves(tables().history, 4)
    assert chart.lines[0].points == [(1, 0.1), (2, 0.5), (4, 0.9), (5, 0.85)]
    assert [(dot.x, dot.y) for dot in chart.dots] == [(4, 0.9)]
    assert [line.label for line in charts.loss_curves(tables().history).lines] == ["training", "validation"]


@pytest.mark.parametrize(("epochs", "last"), [(1, "1"), (2, "2"), (7, "7"), (40, "40"), (1000, "1000")])
def test_epochs_end_with_the_last_one(epochs, last):
    history = pd.DataFrame({"epoch": range(1, epochs + 1), "train_loss": 0.5, "validation_loss": 0.5})
    ticks = charts.loss_curves(history).x_ticks
    assert ticks[-1][1] == last and len(ticks) == len(set(ticks)) <= 8
    assert [value for value, _ in ticks] == sorted(value for value, _ in ticks)


def test_reliability_is_the_share_of_lesion_by_mean_probability_of_bins_with_voxels():
    chart = charts.reliability(tables().reliability)
    assert [(round(dot.x, 6), round(dot.y, 6)) for dot in chart.dots] == [(0.05, 0.1), (0.5, 0.6)]


def test_the_best_threshold_is_marked():
    [dot] = charts.by_threshold(tables().by_threshold, 0.5).dots
    assert (dot.x, dot.y) == (0.5, 0.7)


def test_who_is_below_the_bound_is_marked():
    patients = held_out().assign(dsc_lower_bound=[0.95, 0.0, np.nan, 0.5])
    kinds = {dot.hint.partition(":")[0]: dot.kind for dot in charts.warning(patients).dots}
    assert list(kinds.values()) == ["alarm", "main", "main", "main"]


def test_without_a_bound_there_is_no_line_of_it():
    lines = charts.warning(held_out().assign(dsc_lower_bound=np.nan)).lines
    assert [line.label for line in lines] == ["as predicted"]


def test_robustness_is_a_line_a_patient_and_their_mean():
    chart = charts.robustness(tables().robustness)
    assert [label for _, label in chart.x_ticks] == ["as it is", "gamma", "noise"]
    assert [line.kind for line in chart.lines] == ["faint"] * 4 + ["main"]
    assert chart.lines[-1].points[0] == (0, pytest.approx((0.91 + 0.05 + 0.75 + 0.88) / 4))
