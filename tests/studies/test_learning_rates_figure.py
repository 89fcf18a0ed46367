import numpy as np
import pandas as pd
import pytest

from studies.learning_rates_figure import learning_rates
from tests.compare.figures.small_verdicts import cut_off, drawn

pytestmark = pytest.mark.filterwarnings("error::UserWarning")


def runs(methods: int) -> pd.DataFrame:
    """Method n is best at its own rate; fold k is 0.1 k better."""
    return pd.DataFrame(
        [
            {
                "method": f"method {number}",
                "fold": fold,
                "lr": lr,
                "dsc": 0.5 + 0.1 * fold - 0.05 * abs(place - number % 3),
            }
            for number in range(methods)
            for fold in (0, 1)
            for place, lr in enumerate((5e-4, 2e-3, 8e-3))
        ]
    )


@pytest.mark.parametrize("methods", [1, 4, 6])
def test_a_panel_a_method_and_none_left_over(tmp_path, methods):
    figure = learning_rates(runs(methods), "dsc", "DSC")
    assert drawn(figure, tmp_path) and cut_off(figure) == []
    shown = [axes for axes in figure.axes if axes.get_visible()]
    assert [axes.get_title(loc="left") for axes in shown] == [f"method {number}" for number in range(methods)]


def test_the_best_rate_is_marked_and_each_fold_has_a_line():
    axes = learning_rates(runs(2), "dsc", "DSC").axes[1]  # best at 2e-3
    *folds, mean, best = axes.lines
    assert len(folds) == 2
    np.testing.assert_allclose(folds[1].get_ydata(), [0.55, 0.6, 0.55])
    np.testing.assert_allclose(mean.get_ydata(), [0.5, 0.55, 0.5])
    assert (best.get_xdata()[0], best.get_ydata()[0]) == (2e-3, pytest.approx(0.55))
