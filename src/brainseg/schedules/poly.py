"""Down to 0 along a power of what is left of training: (1 - t)^power.

Source: Chen et al., "DeepLab", TPAMI 2018 (arXiv 1606.00915); nnU-Net's, with power 0.9
"""

from pydantic import Field

from brainseg.core.params import StrictSettings


class Settings(StrictSettings):
    power: float = Field(gt=0, le=100)


def poly(progress: float, *, power: float) -> float:
    """Share of the optimizer's learning rate at t = `progress`, 0 before the first step, 1 after the last."""
    return (1 - progress) ** power
