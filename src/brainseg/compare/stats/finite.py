"""Check that no score is missing where patients are paired: a mean of fewer patients is another quantity."""

import numpy as np


def refuse_missing(scores: np.ndarray) -> None:
    """Raises ValueError where a score is NaN or infinite: it would spread silently, and its rank is undefined."""
    if missing := int((~np.isfinite(scores)).sum()):
        raise ValueError(f"{missing} of {scores.size} scores are not finite; leave out the patients without a score")
