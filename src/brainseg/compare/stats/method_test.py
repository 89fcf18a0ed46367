"""Test of two methods: whether one gives better networks, also on other patients and from other seeds.

A method has the scores of several networks, one per seed, or one per fold. Scores of one network are not
independent of each other. Treating them as independent (a pooled signed-rank test, a bootstrap of patients)
gives too many false positives. Two valid ways:

- seeds: patients and networks vary independently of each other, as cases and readers do in
  radiology (Obuchowski & Rockette 1995). The variance of the mean difference is the sum of the part
  due to patients and the part due to each method's seeds.
- folds: each patient is scored only by the network of its fold. The variance is that of the folds'
  mean differences. (Networks of two folds share training patients, for which no correction is
  unbiased: Bengio & Grandvalet 2004.)

The hierarchical bootstrap is not used. Of three seeds it draws the same one three times in one draw of nine. It
underestimates the variance and claims differences where there are none (docs/results/evidence.md has the rates).
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from brainseg.compare.stats.finite import refuse_missing
from brainseg.compare.stats.sample_size import Part, satterthwaite

FOLDS_NEEDED = 3


@dataclass(frozen=True)
class Spread:
    """Variance of a mean difference, in parts that add up."""

    parts: tuple[Part, ...]

    @property
    def standard_error(self) -> float:
        return math.sqrt(sum(part.variance for part in self.parts))

    @property
    def degrees_of_freedom(self) -> float:
        return satterthwaite(self.parts)


@dataclass(frozen=True)
class MethodTest:
    """Test of a mean difference: p two-sided, p_equal as in PairedTest, the mean with its interval."""

    p: float
    p_equal: float
    mean: float
    low: float
    high: float
    spread: Spread


def can_judge_methods(a: np.ndarray, b: np.ndarray, folds: np.ndarray) -> bool:
    """Whether the variance can be estimated: from three folds, or two seeds of each method and two patients."""
    count = len(np.unique(folds))
    return count >= FOLDS_NEEDED or (count == 1 and min(a.shape[1], b.shape[1], len(a)) > 1)


def method_test(a: np.ndarray, b: np.ndarray, folds: np.ndarray, margin: float, confidence: float = 0.95) -> MethodTest:
    """Compare scores a (n, seeds of a) with b (n, seeds of b) of the same n patients, in folds (n,).

    A t test of the mean difference, with Satterthwaite's degrees of freedom (1946). Raises ValueError for
    NaN, and where can_judge_methods is False.
    """
    refuse_missing(a)
    refuse_missing(b)
    if not can_judge_methods(a, b, folds):
        raise ValueError("too few networks to judge methods: expected two seeds of each, or three folds")
    mean = float(a.mean() - b.mean())
    spread = spread_over_folds(a, b, folds) if len(np.unique(folds)) > 1 else spread_over_seeds(a, b)
    error, freedom = spread.standard_error, spread.degrees_of_freedom
    if error == 0:
        return MethodTest(float(mean == 0), float(abs(mean) >= margin), mean, mean, mean, spread)
    p, p_equal = 2 * stats.t.sf(abs(mean) / error, freedom), stats.t.sf((margin - abs(mean)) / error, freedom)
    reach = float(stats.t.ppf((1 + confidence) / 2, freedom)) * error
    return MethodTest(float(p), float(p_equal), mean, mean - reach, mean + reach, spread)


def spread_over_seeds(a: np.ndarray, b: np.ndarray) -> Spread:
    """One split: patients and seeds vary. What is random in both counts in both, which is conservative."""
    patients = Part("patients", len(a), float(np.var(a.mean(1) - b.mean(1), ddof=1)) / len(a))
    seeds = [Part("seeds", each.shape[1], float(np.var(each.mean(0), ddof=1)) / each.shape[1]) for each in (a, b)]
    return Spread((patients, *seeds))


def spread_over_folds(a: np.ndarray, b: np.ndarray, folds: np.ndarray) -> Spread:
    """Whole folds vary, with their patients and networks. Folds are weighted by patients, as in the mean."""
    differences = a.mean(1) - b.mean(1)
    names, sizes = np.unique(folds, return_counts=True)
    means = np.array([differences[folds == name].mean() for name in names])
    weights = sizes / sizes.sum()
    count = len(names)
    variance = float((weights**2 * (means - differences.mean()) ** 2).sum()) * count / (count - 1)
    return Spread((Part(f"folds of {round(sizes.mean())} patients", count, variance),))
