import numpy as np
import pandas as pd
import pytest

from brainseg.pages.comparison.charts import _heights, differences, metric_name, parallel
from tests.compare.small_comparison import compared, three


def test_differences_are_sorted_and_losses_beyond_the_margin_marked():
    comparison = compared(three())
    baseline, bce, sgd = comparison.methods
    chart = differences(bce, baseline, 0.105, "dsc")
    expected = sorted((bce.per_patient - baseline.per_patient).tolist())
    assert [dot.y for dot in chart.dots] == expected and {dot.kind for dot in chart.dots} == {"main"}
    assert {dot.kind for dot in differences(sgd, baseline, 0.01, "dsc").dots} == {"alarm"}
    assert chart.y_ticks[0][0] <= -0.105 and chart.y_ticks[-1][0] >= max(expected)


def test_equal_methods_have_a_chart_too():
    baseline = compared(three()).methods[0]
    chart = differences(baseline, baseline, 0.01, "dsc")
    assert np.isfinite([chart.y(dot.y) for dot in chart.dots]).all()


@pytest.mark.parametrize(
    ("values", "heights", "labels"),
    [
        ([1, 2, 3], [0, 0.5, 1], [(0, "1"), (0.5, "2"), (1, "3")]),
        ([0.001, 0.01, 0.1], [0, 0.5, 1], [(0, "0.001"), (0.5, "0.01"), (1, "0.1")]),
        ([0, 1, 100], [0, 0.01, 1], [(0, "0"), (0.01, "1"), (1, "100")]),
        (["dice", "bce", "dice"], [1, 0, 1], [(0, "bce"), (1, "dice")]),
        ([True, False, True], [1, 0, 1], [(0, "False"), (1, "True")]),
        ([2, 2, 2], [0.5, 0.5, 0.5], [(0.5, "2")]),
        ([1, "–", 3], [0, 1, 0.5], [(0, "1"), (0.5, "3"), (1, "–")]),
        ([1, 2, 3, 4, 5, 6], [0, 0.2, 0.4, 0.6, 0.8, 1], [(0, "1"), (1, "6")]),
    ],
)
def test_the_height_of_a_value(values, heights, labels):
    found, named = _heights(values)
    assert found == pytest.approx(heights)
    assert [label for _, label in named] == [label for _, label in labels]
    assert [height for height, _ in named] == pytest.approx([height for height, _ in labels])


def test_settings_against_the_score_the_best_line_last():
    comparison = compared(three())
    found = parallel(comparison.methods, comparison.overview.varying, "dsc")
    assert [axis.name for axis in found.axes] == [*map(str, comparison.overview.varying), "mean DSC"]
    assert [name for name, _ in found.lines] == ["sgd", "dice", "bce"]
    assert found.lines[-1][1][-1] == 1 and found.lines[0][1][-1] == 0 and found.coloured == 1


def test_of_two_experiments_or_none_that_vary_there_are_no_axes():
    comparison = compared(three()[:2])
    assert parallel(comparison.methods, comparison.overview.varying, "dsc") is None
    same = pd.DataFrame({"code": ["version 1", "version 2", "version 1"]}, ["dice", "bce", "sgd"])
    assert parallel(compared(three()).methods, same, "dsc") is None


@pytest.mark.parametrize(
    ("metric", "name"), [("dsc", "DSC"), ("dsc_report", "DSC report"), ("iou", "IoU"), ("sensitivity", "sensitivity")]
)
def test_a_metric_is_named_as_the_field_does(metric, name):
    assert metric_name(metric) == name
