import numpy as np
import pytest

from brainseg.compare.stats.finite import refuse_missing


@pytest.mark.parametrize("scores", [np.zeros(0), np.zeros((3, 2)), np.array([-1e308, 1e308, 5e-324]), np.arange(4)])
def test_finite_scores_are_let_through(scores):
    refuse_missing(scores)


@pytest.mark.parametrize("missing", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("shape", [(6,), (3, 2)])
def test_missing_and_endless_scores_are_counted(missing, shape):
    scores = np.ones(shape)
    scores.flat[[1, 4]] = missing
    with pytest.raises(ValueError, match="2 of 6 scores are not finite"):
        refuse_missing(scores)
