from dataclasses import replace
from itertools import combinations

import pytest

from brainseg.compare.figures.verdicts import verdict_matrix
from tests.compare.figures.small_verdicts import WORDS, cut_off, drawn, names, verdict

pytestmark = pytest.mark.filterwarnings("error::UserWarning")


def pairs(count: int) -> list:
    return [verdict(b, a, WORDS[number % 4]) for number, (a, b) in enumerate(combinations(names(count), 2))]


@pytest.mark.parametrize("count", [2, 12])
def test_it_draws_with_all_names_and_pairs(tmp_path, count):
    figure = verdict_matrix(names(count), pairs(count))
    assert drawn(figure, tmp_path)
    assert cut_off(figure) == []
    [axes] = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == names(count)
    assert len(axes.texts) == count * (count - 1)
    assert len({text.get_position() for text in axes.texts}) == count * (count - 1)


def test_short_names_leave_room_for_the_title_and_the_legend():
    assert cut_off(verdict_matrix(["a", "b"], [verdict("b", "a")])) == []


def test_the_row_is_reported_against_the_column():
    """b is better than a by 0.02: told in b's row, and the other way round in a's."""
    figure = verdict_matrix(["a", "b"], [verdict("b", "a", "better")])
    [axes] = figure.axes
    reported = {text.get_position(): text.get_text() for text in axes.texts}  # (column, row)
    assert reported == {(0.5, 1.5): "+0.020\np <.001", (1.5, 0.5): "-0.020\np <.001"}
    assert axes.yaxis_inverted()
    colours = axes.collections[0].get_array()
    green, red = colours[1, 0], colours[0, 1]
    assert green[1] > green[0] and red[0] > red[1]
    assert tuple(colours[0, 0]) == tuple(colours[1, 1]) == (1, 1, 1, 1)


@pytest.mark.parametrize(
    ("word", "p"), [("equivalent", ".003"), ("inconclusive", ".500"), ("worse", ".500"), ("better", "<.001")]
)
def test_the_p_is_the_one_that_the_word_rests_on(word, p):
    figure = verdict_matrix(["a", "b"], [replace(verdict("b", "a", word), p_equal=0.003)])
    assert {text.get_text().split("p ")[1] for text in figure.axes[0].texts} == {p}


def test_equal_scores_have_no_sign_to_mislead():
    figure = verdict_matrix(["a", "b"], [verdict("b", "a", shift=0.0)])
    assert {text.get_text().split("\n")[0] for text in figure.axes[0].texts} == {"+0.000"}
