import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from brainseg.compare.stats.bootstrap import (
    mean_interval,
    median_interval,
    rank_shares,
    resampled_means,
    winners_optimism,
)

SHARES = st.integers(0, 64).map(lambda k: k / 64)
SCORES = arrays(float, st.integers(2, 15), elements=SHARES)
steady = settings(max_examples=40, derandomize=True, database=None)


@pytest.fixture
def scores(rng) -> np.ndarray:
    """Most near 0.9, two failures at 0: skewed, as DSC is."""
    return np.concatenate([rng.beta(18, 2, 38), [0, 0]])


def by_direct_draws(scores: np.ndarray, statistic, draws: int = 20_000) -> tuple[float, float]:
    rng = np.random.default_rng(1)
    drawn = statistic(rng.choice(scores, (draws, len(scores))), axis=1)
    return tuple(np.quantile(drawn, [0.025, 0.975]))


def test_the_mean_has_scipys_bca_interval(scores):
    expected = stats.bootstrap((scores,), np.mean, n_resamples=20_000, method="BCa", rng=1).confidence_interval
    assert mean_interval(scores) == pytest.approx(tuple(expected), abs=0.05 * (expected.high - expected.low))


def test_failures_stretch_the_means_interval_downwards(scores):
    (low, high), (plain_low, plain_high) = mean_interval(scores), by_direct_draws(scores, np.mean)
    assert low < plain_low - 0.003 and high < plain_high  # what the plain percentiles lack: they are too hopeful
    assert low < scores.mean() < high


def test_the_mean_of_many_normal_scores_has_the_textbooks_interval(rng):
    scores = rng.normal(0.8, 0.05, 400)
    expected = stats.t.interval(0.9, 399, scores.mean(), stats.sem(scores))
    assert mean_interval(scores, 0.9) == pytest.approx(expected, abs=0.0005)


def test_the_median_has_the_percentiles_of_direct_draws(scores):
    low, high = by_direct_draws(scores, np.median)
    assert median_interval(scores) == pytest.approx((low, high), abs=0.05 * (high - low))


@pytest.mark.parametrize("interval", [mean_interval, median_interval])
def test_edges(interval):
    assert interval(np.array([0.7])) == (-math.inf, math.inf)  # one patient says nothing of others
    assert interval(np.full(10, 0.7)) == (0.7, 0.7)
    assert interval(np.zeros(10)) == (0, 0)
    low, high = interval(np.array([0.5, 0.9]))
    assert (low, high) == pytest.approx((0.5, 0.9))
    with pytest.raises(ValueError, match="1 of 3 scores are not finite"):
        interval(np.array([0.5, np.nan, 0.9]))


@pytest.mark.parametrize("interval", [mean_interval, median_interval])
@steady
@given(SCORES)
def test_intervals_lie_within_the_scores_and_are_the_same_each_time(interval, scores):
    low, high = interval(scores)
    assert scores.min() - 1e-12 <= low <= high <= scores.max() + 1e-12
    assert interval(scores) == (low, high)


@pytest.mark.parametrize("interval", [mean_interval, median_interval])
@steady
@given(SCORES, st.sampled_from([0.25, 4.0]))
def test_intervals_scale_with_the_scores(interval, scores, scale):
    low, high = interval(scores)
    assert interval(scores * scale) == pytest.approx((low * scale, high * scale), abs=1e-9)


def test_resampled_means_have_the_moments_of_theory(rng):
    a, b = rng.random((2, 12, 1))
    means = resampled_means([a, b], np.zeros(12), draws=40_000)
    assert means.shape == (40_000, 2)
    assert means.mean(0) == pytest.approx([a.mean(), b.mean()], abs=0.002)
    expected = np.cov(a[:, 0], b[:, 0], ddof=0) / 12  # all methods meet the same patients
    assert np.cov(means.T) == pytest.approx(expected, rel=0.05, abs=1e-4)


def test_each_method_draws_seeds_of_its_own():
    seeds = np.array([0.6, 0.7, 0.9])
    a = np.tile(seeds, (10, 1))  # patients all alike
    means = resampled_means([a, a], np.zeros(10), draws=40_000)
    assert np.cov(means.T) == pytest.approx(np.diag([seeds.var() / 3] * 2), abs=1e-4)


def test_methods_may_differ_in_their_number_of_seeds():
    means = resampled_means([np.full((4, 1), 0.25), np.full((4, 3), 0.75)], np.zeros(4), draws=50)
    assert (means == [0.25, 0.75]).all()


def test_whole_folds_are_drawn():
    folds = np.array([1, 1, 1, 1, 2, 2, 5, 5, 5])  # unequal ones
    scores = np.select([folds == 1, folds == 2], [0.9, 0.6], 0.3)
    means = resampled_means([scores[:, None]], folds, draws=40_000)[:, 0]
    assert np.isclose(means, 0.9).mean() == pytest.approx(1 / 27, abs=0.004)  # one fold three times
    assert np.isclose(means, (4 * 0.9 + 2 * 0.6 + 3 * 0.3) / 9).mean() == pytest.approx(6 / 27, abs=0.01)


def test_folds_and_patients_against_a_direct_loop(rng):
    folds = np.repeat([0, 1, 2], [4, 6, 2])
    scores = rng.random(12)
    direct = []
    for _ in range(8000):
        drawn = [rng.choice(scores[folds == fold], (folds == fold).sum()) for fold in rng.choice(3, 3)]
        direct.append(np.concatenate(drawn).mean())
    ours = resampled_means([scores[:, None]], folds, draws=40_000)[:, 0]
    assert ours.mean() == pytest.approx(np.mean(direct), abs=0.005)
    assert ours.std() == pytest.approx(np.std(direct), rel=0.04)


def test_a_missing_score_is_refused():
    missing = np.array([[0.5], [np.nan], [0.9]])
    for refusing in (lambda: resampled_means([missing], np.zeros(3)), lambda: winners_optimism(missing)):
        with pytest.raises(ValueError, match="1 of 3 scores are not finite"):
            refusing()


def test_rank_shares_by_hand():
    means = np.array([[0.9, 0.8, 0.1], [0.7, 0.8, 0.1], [0.9, 0.8, 0.1], [0.5, 0.4, 0.6]])
    expected = np.array([[2, 2, 0], [1, 2, 1], [1, 0, 3]]) / 4
    assert rank_shares(means).tolist() == expected.tolist()
    assert rank_shares(np.array([[0.3]])).tolist() == [[1]]
    assert rank_shares(np.full((4000, 2), 0.5)) == pytest.approx(np.full((2, 2), 0.5), abs=0.03)  # equal: by lot


def test_equal_methods_share_their_ranks_and_leave_the_others_theirs():
    means = np.tile([0.5, 0.9, 0.5 + 1e-16, 0.5], (9000, 1))  # but for rounding
    shares = rank_shares(means)
    assert shares[1].tolist() == [1, 0, 0, 0]
    assert shares[[0, 2, 3], 1:] == pytest.approx(np.full((3, 3), 1 / 3), abs=0.02)
    close = np.tile([0.5, 0.5 + 1e-9], (100, 1))  # apart, however little
    assert rank_shares(close).tolist() == [[0, 1], [1, 0]]


@steady
@given(arrays(float, st.tuples(st.integers(1, 20), st.integers(1, 5)), elements=SHARES))
def test_each_rank_is_taken_once_in_each_draw(means):
    shares = rank_shares(means)
    assert shares.sum(0) == pytest.approx(1) and shares.sum(1) == pytest.approx(1)
    assert (shares >= 0).all()


def test_optimism_against_a_direct_loop(rng):
    scores = rng.normal(0.8, 0.05, (15, 4))
    gaps = []
    for _ in range(20_000):
        drawn = scores[rng.integers(0, 15, 15)].mean(0)
        winner = drawn.argmax()
        gaps.append(drawn[winner] - scores.mean(0)[winner])
    assert winners_optimism(scores) == pytest.approx(np.mean(gaps), abs=3e-4)


def test_one_network_or_equal_ones_have_no_optimism(rng):
    scores = rng.random((20, 1))
    assert winners_optimism(scores) == 0
    assert winners_optimism(np.repeat(scores, 5, axis=1)) == pytest.approx(0, abs=1e-15)


def test_more_equally_good_networks_flatter_more(rng):
    scores = rng.normal(0.8, 0.05, (30, 40))
    few, many = winners_optimism(scores[:, :2]), winners_optimism(scores)
    assert 0 < few < many
    clear = scores[:, :2] + [0, 0.5]  # who leads beyond doubt has no luck to lose
    assert winners_optimism(clear) == pytest.approx(0, abs=1e-3)
