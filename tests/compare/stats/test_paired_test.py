import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats
from statsmodels.stats.multitest import multipletests

from brainseg.compare.stats import paired_test as paired
from brainseg.compare.stats.paired_test import (
    EXACT_UP_TO,
    _rank_sum_distribution,
    hodges_lehmann,
    hodges_lehmann_interval,
    holm,
    paired_test,
    rank_biserial,
    signed_rank_p,
    smallest_p,
)

# sums and means of 64ths are exact, so that shifts and signs make or break no ties; small ones for many ties
DIFFERENCES = st.integers(1, 12).flatmap(lambda n: arrays(float, n, elements=st.integers(-9, 9).map(lambda k: k / 64)))
MARGIN = 2 / 64
steady = settings(max_examples=40, derandomize=True, database=None)


def p_of_all_signs(differences: np.ndarray, alternative: str) -> float:
    """The share of all 2**n signs with a rank sum of gains as far out; Pratt: zeros have ranks but no sign."""
    ranks = stats.rankdata(np.abs(differences)) * (differences != 0)
    gains = ranks[differences > 0].sum()
    sums = np.array(list(product([0, 1], repeat=len(ranks)))) @ ranks
    greater, less = (sums >= gains).mean(), (sums <= gains).mean()
    return {"greater": greater, "less": less, "two-sided": min(1.0, 2 * min(greater, less))}[alternative]


def p_of_scipy(differences: np.ndarray, alternative: str = "two-sided", method="exact") -> float:
    return stats.wilcoxon(differences, zero_method="pratt", alternative=alternative, method=method).pvalue


def test_hand_computed():
    test = paired_test(np.array([0.01, 0.02, 0.03, -0.04]), 0.5)
    assert test.p == 2 * 7 / 16  # of the 16 signs, 7 give rank sums of at least 1 + 2 + 3
    assert test.p_equal == 1 / 16  # all within the margin, from both sides
    assert test.effect == pytest.approx((6 - 4) / 10)
    assert test.shift == pytest.approx(0.0125)  # of -.04 -.015 -.01 -.005 .01 .015 .02 .02 .025 .03: (.01 + .015) / 2
    assert (test.low, test.high) == (-math.inf, math.inf)


@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
@pytest.mark.parametrize(
    "differences",
    [
        [0.3],
        [0, 0.1],
        [0.1, 0.2, -0.3, 0.4, 0.5],
        [0.1, 0.1, -0.1, 0.1, 0.2, 0.2],
        [0, 0, 0.1, 0.2, -0.1, 0.3, 0.3],
        [0, 0, 0, 0.5, 0.5, 0.5, -0.5, 0.1, 0.2, 0.3],
    ],
)
def test_p_counts_all_signs(differences, alternative):
    differences = np.array(differences)
    assert signed_rank_p(differences, alternative) == pytest.approx(p_of_all_signs(differences, alternative))


@steady
@given(DIFFERENCES.filter(lambda d: len(d) <= 10), st.sampled_from(["two-sided", "greater", "less"]))
def test_p_counts_all_signs_whatever_ties_and_zeros(differences, alternative):
    assert signed_rank_p(differences, alternative) == pytest.approx(p_of_all_signs(differences, alternative))


@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
@pytest.mark.parametrize("patients", [6, 10, 27, 50])
def test_p_equals_scipys_without_ties(patients, alternative, rng):
    differences = rng.normal(0.02, 0.05, patients)
    assert signed_rank_p(differences, alternative) == pytest.approx(p_of_scipy(differences, alternative))


def test_p_is_near_scipys_normal_form_for_many_patients_with_zeros_and_ties(rng):
    differences = np.round(rng.normal(0.008, 0.05, 200), 2)
    p = signed_rank_p(differences)
    assert p == pytest.approx(p_of_scipy(differences, method="asymptotic"), rel=0.05) and p > 0.005


def evenly_normal(patients: int) -> np.ndarray:
    """A sample without luck: the same shape for any number of patients."""
    return 0.006 + 0.04 * stats.norm.ppf((np.arange(patients) + 0.5) / patients)


def test_the_normal_form_takes_over_without_a_jump():
    exact, normal = (paired_test(evenly_normal(EXACT_UP_TO + more), 0.01) for more in (0, 1))
    assert 0.01 < exact.p < 0.1
    assert normal.p == pytest.approx(exact.p, rel=0.03) and normal.p_equal == pytest.approx(exact.p_equal, rel=0.03)
    assert (normal.low, normal.high) == pytest.approx((exact.low, exact.high), abs=1e-4)


@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
def test_p_of_many_patients_is_scipys_normal_form_and_near_the_exact_one(alternative, monkeypatch, rng):
    with_ties = np.round(rng.normal(0.004, 0.05, 400), 2)
    for differences in (with_ties, rng.normal(0.004, 0.05, 400), evenly_normal(EXACT_UP_TO + 1)):
        p = signed_rank_p(differences, alternative)
        assert p == pytest.approx(p_of_scipy(differences, alternative, "asymptotic"))
        with monkeypatch.context() as patch:
            patch.setattr(paired, "EXACT_UP_TO", 1000)
            assert p == pytest.approx(signed_rank_p(differences, alternative), rel=0.02) and p > 0.003


@pytest.mark.parametrize("gains", [4, EXACT_UP_TO])
def test_a_few_that_differ_among_many_that_do_not_are_counted_exactly(gains):
    differences = np.zeros(300)
    differences[:gains] = np.arange(1, gains + 1)
    assert signed_rank_p(differences) == smallest_p(gains)
    assert signed_rank_p(np.zeros(300)) == 1


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
def test_the_interval_of_many_patients_is_that_of_the_exact_count(confidence, rng):
    differences = rng.normal(0.01, 0.05, 300)
    cumulative = np.cumsum(_rank_sum_distribution(np.arange(1, 301)))
    rejected = int((cumulative <= (1 - confidence) / 2).sum())
    first, second = np.triu_indices(300)
    means = np.sort((differences[first] + differences[second]) / 2)
    low, high = np.searchsorted(means, hodges_lehmann_interval(differences, confidence))
    assert low == pytest.approx(rejected - 1, abs=10)  # of 45 150 means
    assert means[low + 10] - means[low - 10] < 1e-4
    assert low + high == len(means) - 1


def test_all_differences_zero():
    test = paired_test(np.zeros(10), 0.02)
    assert (test.p, test.shift, test.low, test.high, test.effect) == (1, 0, 0, 0, 0)
    assert test.p_equal == 1 / 1024  # ten equal patients do speak for equality
    assert paired_test(np.zeros(10), 0).p_equal == 1  # but none lies strictly within no margin


@pytest.mark.parametrize("patients", [1, 2, 5])
def test_few_patients_bound_nothing(patients):
    test = paired_test(np.full(patients, 0.3), 0.02)
    assert (test.low, test.high) == (-math.inf, math.inf)
    assert test.p == smallest_p(patients) == pytest.approx(2 / 2**patients) and test.p >= 0.05
    assert test.shift == pytest.approx(0.3) and test.effect == 1


def test_failures_at_0_count_by_rank_not_by_size():
    scores = np.array([0.8, 0.81, 0.82, 0.83, 0.84, 0.85, 0.86, 0.87])
    mild, lost = scores - 0.01 * np.arange(1, 9), scores - 0.01 * np.arange(1, 9)
    lost[-1] = 0
    assert paired_test(scores - lost, 0.02).p == paired_test(scores - mild, 0.02).p == 2 / 256
    assert hodges_lehmann(scores - lost) < 0.07 < (scores - lost).mean()


@pytest.mark.parametrize("missing", [np.nan, np.inf])
def test_a_missing_score_is_refused(missing):
    with pytest.raises(ValueError, match="1 of 3 scores are not finite"):
        paired_test(np.array([0.1, missing, 0.2]), 0.02)


@pytest.mark.parametrize(("patients", "expected"), [(0, 1), (1, 1), (5, 0.0625), (6, 0.03125), (10, 0.001953125)])
def test_the_smallest_p(patients, expected):
    assert smallest_p(patients) == expected
    if patients:
        assert signed_rank_p(np.arange(1.0, patients + 1)) == expected


def test_the_margin_is_two_one_sided_tests(rng):
    differences = rng.normal(0.004, 0.02, 20)
    above, below = (p_of_scipy(differences + sign * 0.01, side) for sign, side in [(1, "greater"), (-1, "less")])
    assert paired_test(differences, 0.01).p_equal == pytest.approx(max(above, below))


def test_the_interval_of_six_patients_is_their_range():
    assert hodges_lehmann_interval(np.array([5.0, 1, 2, 3.5, 7.25, 11])) == (1, 11)  # 6 all gains: p = 0.031


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
@pytest.mark.parametrize("patients", [8, 13, 20])
def test_the_interval_has_the_shifts_that_scipys_test_does_not_reject(patients, confidence, rng):
    differences = rng.normal(0.01, 0.05, patients)
    low, high = hodges_lehmann_interval(differences, confidence)
    reach = high - low
    grid = np.concatenate(  # fine, and at once inside and outside of both ends
        [np.linspace(low - reach, high + reach, 101), [low - 1e-9, low + 1e-9, high - 1e-9, high + 1e-9]]
    )
    accepted = np.array([p_of_scipy(differences - shift) > 1 - confidence for shift in grid])
    assert accepted.tolist() == ((low <= grid) & (grid <= high)).tolist()


def test_the_interval_covers_at_least_as_often_as_asked_with_ties(rng):
    truth = 0.02
    draws = truth + rng.integers(-3, 4, (800, 12)) / 100
    intervals = np.array([hodges_lehmann_interval(differences) for differences in draws])
    assert ((intervals[:, 0] <= truth + 1e-9) & (truth - 1e-9 <= intervals[:, 1])).mean() > 0.94


def test_hodges_lehmann_of_normal_differences_is_their_middle(rng):
    differences = rng.normal(0.3, 0.1, 400)
    assert hodges_lehmann(differences) == pytest.approx(0.3, abs=0.01)
    assert hodges_lehmann(np.array([1.0, 5])) == 3


@pytest.mark.parametrize(
    ("differences", "expected"),
    [
        ([1, 2, 3], 1),
        ([-1, -2], -1),
        ([1, -2, 3, 4], (8 - 2) / 10),
        ([2, -2], 0),
        ([0, 0], 0),
        ([0, 1, -2, 3], (2 + 4 - 3) / 9),  # the zero has rank 1, on neither side
    ],
)
def test_rank_biserial_by_hand(differences, expected):
    assert rank_biserial(np.array(differences, float)) == pytest.approx(expected)


@steady
@given(DIFFERENCES)
def test_swapping_the_two_flips_the_signs_and_preserves_p(differences):
    test, swapped = paired_test(differences, MARGIN), paired_test(-differences, MARGIN)
    assert swapped.p == pytest.approx(test.p) and swapped.p_equal == pytest.approx(test.p_equal)
    assert (swapped.shift, swapped.effect) == (-test.shift, -test.effect)
    assert (swapped.low, swapped.high) == (-test.high, -test.low)


@steady
@given(DIFFERENCES, st.integers(-64, 64))
def test_a_shift_shifts_the_estimate_alone(differences, by):
    by = by / 64
    low, high = hodges_lehmann_interval(differences)
    assert hodges_lehmann(differences + by) == hodges_lehmann(differences) + by
    assert hodges_lehmann_interval(differences + by) == (low + by, high + by)
    assert low <= hodges_lehmann(differences) <= high


@steady
@given(DIFFERENCES, st.sampled_from([0.25, 4.0]), st.randoms(use_true_random=False))
def test_units_and_the_order_of_patients_change_no_p(differences, scale, random):
    shuffled = differences[random.sample(range(len(differences)), len(differences))]
    test, other = paired_test(differences, MARGIN), paired_test(shuffled * scale, MARGIN * scale)
    assert (other.p, other.p_equal) == pytest.approx((test.p, test.p_equal))
    assert other.effect == pytest.approx(test.effect)
    assert (other.shift, other.low, other.high) == tuple(scale * it for it in (test.shift, test.low, test.high))


P_VALUES = arrays(float, st.integers(1, 30), elements=st.integers(0, 200).map(lambda k: k / 200))


@pytest.mark.slow
@steady
@given(P_VALUES)
def test_holm_equals_statsmodels(p):
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1])


@steady
@given(P_VALUES)
def test_holm_raises_and_preserves_the_order(p):
    adjusted = holm(p)
    assert (adjusted >= p).all() and (adjusted <= 1).all()
    assert (np.diff(adjusted[np.argsort(p)]) >= 0).all()


def test_holm_by_hand():
    assert holm(np.array([0.04, 0.01, 0.03])).tolist() == pytest.approx([0.06, 0.03, 0.06])
    assert holm(np.array([0.2])).tolist() == [0.2]
    assert holm(np.array([])).tolist() == []
