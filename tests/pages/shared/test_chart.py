import math

import pytest

from brainseg.pages.shared.chart import SHARES, Chart, Line, ticks


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (0, 1, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        (0, 0.37, ["0.0", "0.1", "0.2", "0.3", "0.4"]),
        (-0.3, 0.9, ["\N{MINUS SIGN}0.5", "0.0", "0.5", "1.0"]),
        (0, 1234, ["0", "500", "1000", "1500"]),
        (0, 0, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
    ],
)
def test_ticks_are_round_and_span_the_values(low, high, labels):
    assert [label for _, label in ticks(low, high)] == labels


@pytest.mark.parametrize("scale", [1e-12, 1e-5, 0.003, 7.7, 4e6, 1e99])
def test_ticks_of_any_scale(scale):
    values = [value for value, _ in ticks(0, scale)]
    assert values[0] == 0 and values[-1] >= scale > values[-2] and 2 <= len(values) <= 6


def test_the_corners_of_a_chart_by_hand():
    chart = Chart("t", "x", "y", SHARES, SHARES)
    assert (chart.x(0), chart.x(1)) == (46, 368)
    assert (chart.y(0), chart.y(1)) == (208, 12)
    assert chart.path(Line([(0, 0), (1, 1)], "main")) == "M46 208L368 12"


def test_an_undefined_point_breaks_the_line():
    chart = Chart("t", "x", "y", SHARES, SHARES)
    assert chart.path(Line([(0, 0), (0.5, math.nan), (1, 0)], "main")) == "M46 208M368 208"
