import numpy as np
import pandas as pd
import pytest

from studies.losses_figures import learning_curves, loss_bars
from tests.compare.figures.small_verdicts import cut_off, drawn

pytestmark = pytest.mark.filterwarnings("error::UserWarning")
GROUPS = {"region": ["dice", "iou"], "boundary": ["hausdorff"], "compound": ["dice_bce"]}
LOSSES = [loss for losses in GROUPS.values() for loss in losses]


def curves() -> pd.DataFrame:
    """Loss number n has DSC 0.1 n, plus 0.01 an epoch, plus 0.02 a seed."""
    rows = [
        {"loss": loss, "seed": seed, "epoch": epoch, "dsc": 0.1 * number + 0.01 * epoch + 0.02 * seed}
        for number, loss in enumerate(LOSSES)
        for seed in (0, 1)
        for epoch in (1, 2, 3)
    ]
    return pd.DataFrame(rows)


def test_curves_have_a_panel_a_group_and_a_line_a_loss(tmp_path):
    figure = learning_curves(curves(), GROUPS, "dsc", "DSC")
    assert drawn(figure, tmp_path) and cut_off(figure) == []
    panels = figure.axes[: len(GROUPS)]
    assert [axes.get_title(loc="left") for axes in panels] == list(GROUPS)
    assert [[line.get_label() for line in axes.lines] for axes in panels] == list(GROUPS.values())
    np.testing.assert_allclose(panels[0].lines[1].get_ydata(), [0.12, 0.13, 0.14])  # iou, over the seeds
    [band] = panels[1].collections  # hausdorff: 0.21 and 0.23 in the first epoch
    assert band.get_paths()[0].get_extents().y0 == pytest.approx(0.21)


def test_bars_have_the_best_on_top_and_a_dot_a_seed(tmp_path):
    runs = curves().query("epoch == 3")
    figure = loss_bars(runs, GROUPS, "dsc", "DSC")
    assert drawn(figure, tmp_path) and cut_off(figure) == []
    [axes] = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == LOSSES
    assert [text.get_text() for text in axes.texts] == ["0.040", "0.140", "0.240", "0.340"]
    np.testing.assert_allclose(axes.lines[3].get_xdata(), [0.33, 0.35])
    assert [bar.get_label() for bar in axes.containers] == list(GROUPS)
