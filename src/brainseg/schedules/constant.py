"""The same learning rate from the first step to the last.

Source: The report's section 6
"""

from brainseg.core.params import StrictSettings


class Settings(StrictSettings):
    pass


def constant(progress: float) -> float:
    """Share of the optimizer's learning rate."""
    return 1.0
