import math

import pytest

from brainseg.figures.curves import dsc_curves, loss_curves
from tests.compare.figures.small_verdicts import drawn

pytestmark = pytest.mark.filterwarnings("error::UserWarning")  # one of matplotlib is a fault of the figure


def history(epochs: int, value: float) -> list[dict[str, float]]:
    scores = dict.fromkeys(["dsc", "iou", "soft_dsc", "soft_iou", "loss"], value)
    row = {"train_loss": value} | {f"validation_{name}": score for name, score in scores.items()}
    return [{"epoch": float(epoch)} | row for epoch in range(1, epochs + 1)]


@pytest.mark.parametrize(("epochs", "value"), [(1, 0.5), (30, 0.0), (30, 1.0)])
def test_curves_draw(tmp_path, epochs, value):
    assert drawn(loss_curves(history(epochs, value), "title"), tmp_path)
    assert drawn(dsc_curves(history(epochs, value), epochs, "title"), tmp_path)


def test_dsc_curves_mark_the_best_epoch():
    rows = history(3, 0.2)
    rows[1]["validation_dsc"] = 0.75
    labels = dsc_curves(rows, 2, "title").axes[0].get_legend_handles_labels()[1]
    assert "best epoch 2: 0.7500" in labels and "last epoch 3: 0.2000" in labels


def test_epochs_without_validation_are_left_out_of_its_curves_alone(tmp_path):
    rows = history(5, 0.5)
    for row in (rows[0], rows[2]):
        row |= {name: math.nan for name in row if name.startswith("validation")}
    loss, dsc = loss_curves(rows, "title"), dsc_curves(rows, 2, "title")
    train, validation = loss.axes[0].lines
    assert (list(train.get_xdata()), list(validation.get_xdata())) == ([1, 2, 3, 4, 5], [2, 4, 5])
    assert [list(line.get_xdata()) for line in dsc.axes[0].lines] == [[2, 4, 5]] * 4 + [[2], [5]]
    assert drawn(loss, tmp_path) and drawn(dsc, tmp_path)
