"""How many patients, seeds or folds would give a conclusive comparison."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

POWER = 0.8
MOST = 10_000  # larger numbers are not useful as advice


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
    """Whether a true difference `mean` would be found different from 0, or within the margin, with these counts.

    By a t test at level alpha with a power of 0.8. Two t quantiles approximate the noncentral t; from 3 degrees
    of freedom on the error is within a tenth of the number.
    """
    freedom = satterthwaite(parts)
    error = math.sqrt(sum(part.variance for part in parts))
    reach = max(abs(mean), margin - abs(mean))
    quantiles = -special.stdtrit(freedom, [alpha / 2, 1 - POWER])  # much faster than stats.t
    return bool(quantiles.sum() * error <= reach)


def settling_count(name: str, mean: float, parts: Sequence[Part], margin: float, alpha: float) -> int | None:
    """The number of `name` that makes a comparison conclusive, all else equal; None if above MOST. Within 3 %."""
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
