"""Random search (Bergstra & Bengio, JMLR 2012): settings drawn from ranges."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from brainseg.core.errors import UserError
from brainseg.sweep.sweep_file import Changes, RandomSearch, Range

DIGITS = 3  # digits of a drawn number: precise enough, and short enough for a name
TRIES = 100  # repeated draws in a row, before all points count as drawn


def random_search(search: RandomSearch) -> list[Changes]:
    """`count` different draws. The first n do not depend on `count`, so more can be added later."""
    rng = np.random.default_rng(search.seed)
    drawn: list[Changes] = []
    in_vain = 0
    while len(drawn) < search.count:
        changes = {key: _draw(rng, source) for key, source in search.ranges.items()}
        if changes not in drawn:
            drawn.append(changes)
            in_vain = 0
        elif (in_vain := in_vain + 1) == TRIES:
            raise UserError(f"random.count is {search.count}; the ranges hold about {len(drawn)} different draws")
    return drawn


def _draw(rng: np.random.Generator, source: Range | Sequence[Any]) -> Any:
    if not isinstance(source, Range):
        return source[rng.integers(len(source))]
    low, high = source.low, source.high
    whole = isinstance(low, int) and isinstance(high, int)
    if whole:  # each integer has the interval that rounds to it
        low, high = low - 0.5, high + 0.5
    on_log = source.scale == "log"
    value = math.exp(rng.uniform(math.log(low), math.log(high))) if on_log else rng.uniform(low, high)
    if whole:
        return min(max(round(value), int(source.low)), int(source.high))
    return min(max(float(f"{value:.{DIGITS}g}"), float(source.low)), float(source.high))
