import numpy as np
import pytest

from brainseg.compare.figures.ranks import rank_plot
from tests.compare.figures.small_verdicts import cut_off, drawn, names

pytestmark = pytest.mark.filterwarnings("error::UserWarning")


@pytest.mark.parametrize("count", [2, 12])
@pytest.mark.parametrize("firm", [True, False])
def test_it_draws_with_all_names(tmp_path, count, firm):
    figure = rank_plot(
        names(count), np.eye(count) if firm else np.full((count, count), 1 / count), "patients, folds and seeds"
    )
    assert drawn(figure, tmp_path)
    assert cut_off(figure) == []
    [axes] = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == names(count)
    assert len(axes.texts) == (count if firm else count**2)


def test_the_best_mean_rank_is_on_top_and_rare_ranks_have_no_number():
    shares = np.array([[0.1, 0.2, 0.7], [0.002, 0.7, 0.298], [0.898, 0.1, 0.002]])
    figure = rank_plot(["a", "b", "c"], shares, "patients")
    [axes] = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["c", "b", "a"]
    reported = {text.get_position(): text.get_text() for text in axes.texts}
    assert reported == {
        (0.5, 0.5): "90%",
        (1.5, 0.5): "10%",
        (1.5, 1.5): "70%",
        (2.5, 1.5): "30%",
        (0.5, 2.5): "10%",
        (1.5, 2.5): "20%",
        (2.5, 2.5): "70%",
    }
    assert axes.yaxis_inverted()
    assert figure.get_supxlabel() == "rank, with patients drawn anew"


def test_short_names_leave_room_for_the_label():
    assert cut_off(rank_plot(["a", "b"], np.eye(2), "patients, folds and seeds")) == []
