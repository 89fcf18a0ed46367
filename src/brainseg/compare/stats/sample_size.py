"""How many patients, seeds or folds would settle what these could not."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

POWER = 0.8
MOST = 10_000  # beyond which a number is no advice


@dataclass(frozen=True)
class Part:
    """What `count` patients, seeds or folds contribute to the variance of a mean difference."""

    name: str
    count: int
    variance: float


def satterthwaite(parts: Sequence[Part]) -> float:
    """Degrees of freedom of the sum of the parts' variances (Satterthwaite 1946); each has count - 1."""
    fractions = sum(part.variance**2 / (part.count - 1) for part in parts)
    return sum(part.variance for part in parts) ** 2 / fractions if fractions else math.inf


def settles(mean: float, parts: Sequence[Part], margin: float, alpha: float) -> bool:
    """Whether so many tell the difference `mean`, were it true, from 0, or tell it to lie within the margin.

    By a t test at level alpha, in 8 of 10 repetitions (two t quantiles for the noncentral t, which they
    fit within a tenth of the number from 3 degrees of freedom on).
    """
    freedom = satterthwaite(parts)
    error = math.sqrt(sum(part.variance for part in parts))
    reach = max(abs(mean), margin - abs(mean))
    quantiles = -special.stdtrit(freedom, [alpha / 2, 1 - POWER])  # many times as fast as stats.t
    return bool(quantiles.sum() * error <= reach)


def settling_count(name: str, mean: float, parts: Sequence[Part], margin: float, alpha: float) -> int | None:
    """The number of `name`, all else as it is, that settles a comparison; None if MOST do not. Within 3 %."""
    present = max(part.count for part in parts if part.name == name)
    for count in np.unique(np.geomspace(present + 1, MOST, 240).astype(int)).tolist():
        grown = [_grown(part, count) if part.name == name else part for part in parts]
        if settles(mean, grown, margin, alpha):
            return count
    return None


def advice(mean: float, parts: Sequence[Part], margin: float, alpha: float) -> str:
    """In words: about 140 patients, or 9 seeds"""
    names = list(dict.fromkeys(part.name for part in parts))
    counts = {name: settling_count(name, mean, parts, margin, alpha) for name in names}
    settling = [f"{count} {name}" for name, count in counts.items() if count]
    if settling:
        return "about " + ", or ".join(settling)
    return f"more than {MOST} {names[0]}" if len(names) == 1 else "more " + " and ".join(names) + " together"


def _grown(part: Part, count: int) -> Part:
    return Part(part.name, count, part.variance * part.count / count)
