from itertools import product
from types import SimpleNamespace

import pytest

from studies.report_claims.finding import Finding, described, from_conditions, from_verdicts, listed

WORDS = ("better", "worse", "equivalent", "inconclusive")


def verdict(outcome: str, estimate: tuple[float, float, float] = (0.012, -0.031, 0.055)):
    return SimpleNamespace(a="dice", b="bce", outcome=outcome, estimate=estimate)


@pytest.mark.parametrize(
    ("conditions", "word"),
    [
        ([True], "holds"),
        ([False], "fails"),
        ([True, True], "holds"),
        ([True, False], "inconclusive"),
        ([False, False], "fails"),
    ],
)
def test_all_conditions_hold_none_fails_some_is_inconclusive(conditions, word):
    assert from_conditions(conditions, "figures") == Finding(word, "figures")


@pytest.mark.parametrize("words", product(WORDS, repeat=2))
def test_a_claim_of_better_takes_all_to_hold_and_one_to_fail(words):
    found = from_verdicts([verdict(word) for word in words]).outcome
    if "worse" in words or "equivalent" in words:
        assert found == "fails"
    else:
        assert found == ("holds" if words == ("better", "better") else "inconclusive")


def test_of_nothing_compared_nothing_is_said():
    assert from_verdicts([]).outcome == "inconclusive"


def test_a_verdict_is_printed_with_its_interval_and_word():
    assert described(verdict("inconclusive")) == "dice against bce +0.0120 [-0.0310, +0.0550] (inconclusive)"
    lines = listed([verdict("better"), verdict("worse")]).splitlines()
    assert lines == [f"- {described(verdict(word))}" for word in ("better", "worse")]


def test_figures_are_the_verdicts_where_no_other_are_given():
    found = [verdict("better")]
    assert from_verdicts(found).figures == listed(found)
    assert from_verdicts(found, "others").figures == "others"
