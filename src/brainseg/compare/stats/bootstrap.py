"""Intervals, ranks and the optimism of the best score, by resampling patients."""

import math

import numpy as np
from scipy import stats

from brainseg.compare.stats.finite import refuse_missing

DRAWS = 4000
INTERVAL_DRAWS = 20_000  # interval ends vary in the third digit; with one outlier among ten patients in the second
SEED = 0
MANY_PATIENTS = 1000  # above this number the ends of an interval hardly vary, so there are DRAWS draws of it
AT_ONCE = 1_000_000  # numbers in memory
FEW_PATIENTS = 50  # below this number intervals are rough, and too short where one in ten patients fails


def mean_interval(scores: np.ndarray, confidence: float = 0.95) -> tuple[float, float]:
    """Interval of the mean of (n,) scores, patients resampled; BCa (Efron 1987), as scores are skewed towards 1.

    Infinite for one patient, of zero width where all scores are equal. Raises ValueError for NaN.
    """
    return _interval(scores, np.mean, confidence, "BCa")


def median_interval(scores: np.ndarray, confidence: float = 0.95) -> tuple[float, float]:
    """Interval of the median of (n,) scores, patients resampled; percentile, as BCa needs a smooth statistic.

    One patient, equal scores and NaN as in mean_interval.
    """
    return _interval(scores, np.median, confidence, "percentile")


def _interval(scores: np.ndarray, statistic, confidence: float, method: str) -> tuple[float, float]:
    refuse_missing(scores)
    if len(scores) == 1:  # one patient gives no information about others
        return -math.inf, math.inf
    if np.ptp(scores) == 0:  # no variance: SciPy would return nan
        return float(scores[0]), float(scores[0])
    drawn = stats.bootstrap(
        (scores,),
        statistic,
        confidence_level=confidence,
        n_resamples=DRAWS if len(scores) > MANY_PATIENTS else INTERVAL_DRAWS,
        method=method,
        batch=max(1, AT_ONCE // len(scores)),
        rng=SEED,
    )
    return float(drawn.confidence_interval.low), float(drawn.confidence_interval.high)


def resampled_means(methods: list[np.ndarray], folds: np.ndarray, draws: int = DRAWS) -> np.ndarray:
    """Mean score of each method on other patients, from other seeds: (draws, methods).

    Scores are (n, seeds of the method), of the same n patients in folds (n,). All methods have the same
    resampled patients. With several folds, whole folds are drawn first, then patients in each. Seeds are
    drawn separately for every method.
    """
    rng = np.random.default_rng(SEED)
    weights = _patient_weights(folds, draws, rng)  # (draws, n), rows sum to 1
    means = np.empty((draws, len(methods)))
    for column, scores in enumerate(methods):
        refuse_missing(scores)
        seeds = rng.multinomial(scores.shape[1], np.full(scores.shape[1], 1 / scores.shape[1]), draws)
        means[:, column] = ((weights @ scores) * seeds).sum(1) / scores.shape[1]
    return means


def _patient_weights(folds: np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
    names = np.unique(folds)
    # how often each fold is drawn; a single fold is always drawn
    times = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), draws)
    weights = np.zeros((draws, len(folds)))
    for column, name in enumerate(names):
        inside = np.flatnonzero(folds == name)
        # `times` draws of len(inside) patients each
        chances = np.full(len(inside), 1 / len(inside))
        weights[:, inside] = rng.multinomial(times[:, column] * len(inside), chances)
    weights /= weights.sum(1, keepdims=True)
    return weights


def rank_shares(means: np.ndarray) -> np.ndarray:
    """How often each method took each rank: (methods, ranks), rows sum to 1; ties are broken at random."""
    by_lot = np.random.default_rng(SEED).uniform(0, 1e-12, means.shape)
    ranks = stats.rankdata(-means + by_lot, method="ordinal", axis=1) - 1
    count = means.shape[1]
    return np.stack([np.bincount(ranks[:, column], minlength=count) / len(means) for column in range(count)])


def winners_optimism(scores: np.ndarray) -> float:
    """The optimism of the best mean of (n, N) scores, N networks scored on the same n patients.

    In each draw of patients the network with the best mean is chosen. Its optimism is what that mean loses when it is
    scored on the patients at hand, on average (Efron & Gong 1983). The effect of a draw that
    all networks share is subtracted, so one network has an optimism of 0. It is a lower bound: where networks are
    equal the optimism is up to twice as large, and seed variance is not included.
    """
    refuse_missing(scores)
    weights = _patient_weights(np.zeros(len(scores)), DRAWS, np.random.default_rng(SEED))
    drawn = weights @ scores  # (draws, N)
    gain = drawn - scores.mean(0)
    return float((gain[np.arange(DRAWS), drawn.argmax(1)] - gain.mean(1)).mean())
