"""Down along half a cosine, slowly at first and at the end: last + (1 - last) (1 + cos(pi t)) / 2.

Source: Loshchilov & Hutter, "SGDR", ICLR 2017, section 3, without restarts (arXiv 1608.03983)
"""

from math import cos, pi

from pydantic import Field

from brainseg.core.params import StrictSettings


class Settings(StrictSettings):
    last: float = Field(ge=0, le=1)


def cosine(progress: float, *, last: float) -> float:
    """Share of the optimizer's learning rate at t = `progress`, 0 before the first step, 1 after the last."""
    return last + (1 - last) * (1 + cos(pi * progress)) / 2
