import math

import numpy as np
import pytest

from brainseg.compare.figures.differences import COLOURS, difference_plot
from tests.compare.figures.small_verdicts import against, cut_off, drawn, names

pytestmark = pytest.mark.filterwarnings("error::UserWarning")


def differences(count: int, patients: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {name: rng.normal(0, 0.05, patients) for name in names(count)[1:]}


@pytest.mark.parametrize("patients", [1, 40])
@pytest.mark.parametrize("count", [2, 12])
def test_it_draws_with_all_names_and_verdicts(tmp_path, count, patients):
    verdicts = against(count)
    figure = difference_plot(verdicts, differences(count, patients), 0.01)
    assert drawn(figure, tmp_path)
    assert cut_off(figure) == []
    [axes] = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == names(count)[1:]
    reported = {text.get_text(): text.get_color() for text in axes.texts}
    assert {verdict.outcome: COLOURS[verdict.outcome] for verdict in verdicts}.items() <= reported.items()


ENDLESS = {
    "endless": {"low": -math.inf, "high": math.inf},
    "undefined": {"low": math.nan, "high": math.nan},
    "far away": {"shift": 5.0, "low": 4.0, "high": 6.0},
    "nothing at all": {"shift": 0.0, "low": 0.0, "high": 0.0},
}


@pytest.mark.parametrize("given", ENDLESS.values(), ids=ENDLESS)
def test_any_interval_draws_inside_the_axes(tmp_path, given):
    figure = difference_plot(against(3, **given), differences(3, 5), 0.01)
    assert drawn(figure, tmp_path)
    low, high = figure.axes[0].get_xlim()
    for line in figure.axes[0].lines:
        across = np.asarray(line.get_xdata(), float)
        assert np.all(np.isnan(across) | ((across >= low) & (across <= high)))


def test_equal_scores_draw_over_the_margin(tmp_path):
    figure = difference_plot(against(2), {names(2)[1]: np.zeros(5)}, 0.02)
    assert drawn(figure, tmp_path)
    assert figure.axes[0].get_xlim()[1] > 0.06


def test_patients_beyond_the_axis_share_a_triangle_that_names_the_farthest():
    values = np.array([0.01] * 50 + [-0.9, -0.5, 0.8])
    figure = difference_plot(against(2), {names(2)[1]: values}, 0.01)
    assert {"2, to -0.90", "+0.80"} <= {text.get_text() for text in figure.axes[0].texts}
