"""Up from a small learning rate to the optimizer's, then down to next to nothing, along half cosines.

Source: Smith & Topin, "Super-convergence", 2018 (arXiv 1708.07120)

Momentum stays as it is; the paper lets it fall while the learning rate rises.
"""

from math import cos, pi

from pydantic import Field

from brainseg.core.params import StrictSettings


class Settings(StrictSettings):
    rise: float = Field(gt=0, lt=1)
    first: float = Field(gt=0, le=1)
    last: float = Field(ge=0, le=1)


def one_cycle(progress: float, *, rise: float, first: float, last: float) -> float:
    """Share of the optimizer's learning rate at t = `progress`, 0 before the first step, 1 after the last."""
    if progress < rise:
        return _between(first, 1.0, progress / rise)
    return _between(1.0, last, (progress - rise) / (1 - rise))


def _between(start: float, end: float, progress: float) -> float:
    return end + (start - end) * (1 + cos(pi * progress)) / 2
