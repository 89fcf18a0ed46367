"""Two networks on the same patients: whether one is better for most of them, and by how much.

The Wilcoxon signed-rank test with its effect size, shift and interval. Only patients vary, so its result is about
these networks. It need not hold for the methods that made them: another seed may reverse it (methods.py).
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from brainseg.compare.stats.finite import refuse_missing

EXACT_UP_TO = (
    200  # patients that differ; exact counting takes time of their third power, and the normal approximation is close
)

PAIRS_UP_TO = 2000  # patients whose pairs are listed, 2e6 of them


@dataclass(frozen=True)
class PairedTest:
    """Test of paired differences: p two-sided; the shift (Hodges & Lehmann) with its interval; effect in -1 ... 1."""

    p: float
    p_equal: float  # p of "the shift is not within the margin": small where equivalent
    shift: float
    low: float
    high: float
    effect: float


def paired_test(differences: np.ndarray, margin: float, confidence: float = 0.95) -> PairedTest:
    """Wilcoxon signed-rank test of (n,) differences, zeros by Pratt's method (JASA 1959).

    p_equal combines two one-sided tests against -margin and +margin (Schuirmann 1987). Raises ValueError for NaN.
    """
    refuse_missing(differences)
    low, high = hodges_lehmann_interval(differences, confidence)
    p_equal = max(signed_rank_p(differences + margin, "greater"), signed_rank_p(differences - margin, "less"))
    shift, effect = hodges_lehmann(differences), rank_biserial(differences)
    return PairedTest(signed_rank_p(differences), p_equal, shift, low, high, effect)


def signed_rank_p(differences: np.ndarray, alternative: str = "two-sided") -> float:
    """p of the signed-rank test, exact also with zeros and ties up to EXACT_UP_TO; 1 where all differences are 0.

    alternative: two-sided, greater (gains prevail), less
    """
    if np.count_nonzero(differences) > EXACT_UP_TO:  # few differences, many zeros: the normal p is too small
        test = stats.wilcoxon(differences, zero_method="pratt", alternative=alternative, method="asymptotic")
        return float(test.pvalue)
    doubled = np.round(2 * stats.rankdata(np.abs(differences))).astype(int)  # ties have half ranks
    gains, counted = doubled[differences > 0].sum(), doubled[differences != 0]
    distribution = _rank_sum_distribution(counted)
    at_most, at_least = distribution[: gains + 1].sum(), distribution[gains:].sum()
    p = {"two-sided": 2 * min(at_most, at_least), "greater": at_least, "less": at_most}[alternative]
    return float(min(p, 1.0))


def smallest_p(patients: int) -> float:
    """The smallest two-sided p that the signed-rank test can give for this number of patients."""
    return min(1.0, 2.0 ** (1 - patients))


def hodges_lehmann(differences: np.ndarray) -> float:
    """The median of the means of all pairs: the shift that fits the signed ranks (Hodges & Lehmann 1963)."""
    n = len(differences)
    if n > PAIRS_UP_TO:
        pairs = n * (n + 1) // 2
        middle = [_pair_mean_of_rank(differences, rank) for rank in {(pairs - 1) // 2, pairs // 2}]
        return float(np.mean(middle))
    return float(np.median(_pair_means(differences)))


def hodges_lehmann_interval(differences: np.ndarray, confidence: float = 0.95) -> tuple[float, float]:
    """The shifts that the signed-rank test does not reject: exact without ties, conservative with them.

    Normal approximation above EXACT_UP_TO. Infinite for too few patients to reject anything (under 6 at 95 %).
    """
    rejected = _rejected_rank_sums(len(differences), (1 - confidence) / 2)
    if rejected == 0:
        return -math.inf, math.inf
    n = len(differences)
    if n > PAIRS_UP_TO:
        last = n * (n + 1) // 2 - rejected
        return _pair_mean_of_rank(differences, rejected - 1), _pair_mean_of_rank(differences, last)
    means = np.sort(_pair_means(differences))
    return float(means[rejected - 1]), float(means[-rejected])  # rank sum of gains = pair means above 0


def rank_biserial(differences: np.ndarray) -> float:
    """(rank sum of gains - rank sum of losses) / both, in -1 ... 1; 0 where all are 0 (Kerby 2014)."""
    ranks = stats.rankdata(np.abs(differences))
    gains, losses = ranks[differences > 0].sum(), ranks[differences < 0].sum()
    return float((gains - losses) / (gains + losses)) if gains + losses else 0.0


def holm(p: np.ndarray) -> np.ndarray:
    """p values of (m,) tests, adjusted to control the familywise error rate (Holm 1979)."""
    order = np.argsort(p)
    raised = np.maximum.accumulate((len(p) - np.arange(len(p))) * p[order])
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(raised, 1.0)
    return adjusted


def _pair_means(differences: np.ndarray) -> np.ndarray:
    first, second = np.triu_indices(len(differences))
    return (differences[first] + differences[second]) / 2


def _pair_mean_of_rank(differences: np.ndarray, rank: int) -> float:
    """The mean of rank `rank`, from 0, of all pairs, to 1e-15, without holding the pairs: 20,000 patients have 2e8."""
    ordered = np.sort(differences)
    low, high = float(ordered[0]), float(ordered[-1])
    place = np.arange(len(ordered))
    while high - low > 1e-15 * max(1.0, abs(low), abs(high)):
        middle = (low + high) / 2
        # for each patient the partners, itself and later ones, with whom the mean is at most `middle`
        partners = np.searchsorted(ordered, 2 * middle - ordered, side="right") - place
        if int(partners.clip(min=0).sum()) > rank:
            high = middle
        else:
            low = middle
        if middle in (low, high) and (low + high) / 2 in (low, high):
            break
    return high


def _rejected_rank_sums(n: int, level: float) -> int:
    """How many rank sums of gains, from 0 on, are too small under the null hypothesis."""
    if n > EXACT_UP_TO:
        mean, sd = n * (n + 1) / 4, math.sqrt(n * (n + 1) * (2 * n + 1) / 24)
        return int(mean + float(stats.norm.ppf(level)) * sd + 0.5)
    cumulative = np.cumsum(_rank_sum_distribution(np.arange(1, n + 1)))
    return int((cumulative <= level * (1 + 1e-12)).sum())


def _rank_sum_distribution(ranks: np.ndarray) -> np.ndarray:
    """P(rank sum of gains = 0, 1, ...) without effect: each integer rank is in the sum with probability 1/2."""
    distribution = np.ones(1)
    for rank in ranks:
        longer = np.zeros(len(distribution) + rank)
        longer[: len(distribution)] += distribution / 2
        longer[rank:] += distribution / 2
        distribution = longer
    return distribution
