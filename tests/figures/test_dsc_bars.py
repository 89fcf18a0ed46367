import pytest

from brainseg.figures.dsc_bars import dsc_bars
from tests.compare.figures.small_verdicts import drawn

pytestmark = pytest.mark.filterwarnings("error::UserWarning")  # one of matplotlib is a fault of the figure


BARS = {
    "ten patients": {f"patient {number}": number / 10 for number in range(10)},
    "one patient": {"patient": 0.7},
    "all 0": {"a": 0.0, "b": 0.0},
    "all 1": {"a": 1.0, "b": 1.0},
}


@pytest.mark.parametrize("dsc", BARS.values(), ids=BARS)
def test_bars_draw_and_start_at_zero(tmp_path, dsc):
    figure = dsc_bars(dsc, "title")
    assert drawn(figure, tmp_path)
    axes = figure.axes[0]
    assert axes.get_xlim()[0] == 0
    assert [bar.get_x() for bar in axes.patches] == [0] * len(dsc)
    assert [bar.get_width() for bar in axes.patches] == sorted(dsc.values())  # the best on top


def test_bars_show_mean_and_median():
    lines, labels = dsc_bars({"a": 0.2, "b": 0.9, "c": 0.7}, "title").axes[0].get_legend_handles_labels()
    assert labels == ["mean 0.6000", "median 0.7000"]
    assert [line.get_xdata()[0] for line in lines] == pytest.approx([0.6, 0.7])
