import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from brainseg.compare.stats.convergence import converged_at, stability

steady = settings(max_examples=40, derandomize=True, database=None)
CURVES = arrays(float, st.integers(1, 60), elements=st.integers(0, 100).map(lambda k: k / 100))


def direct(dsc: list[float]) -> int | None:
    """The definition, epoch by epoch."""
    epochs, tail = len(dsc), max(5, len(dsc) // 5)
    if epochs < 10 or (plateau := np.median(dsc[-tail:])) == 0:
        return None
    for epoch in range(5, epochs - tail + 1):
        if np.median(dsc[epoch - 5 : epoch]) >= 0.99 * plateau:
            return epoch
    return None


def test_by_hand():
    rising = [0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.8, 0.8] + [0.8] * 12
    assert converged_at(np.array(rising)) == 8  # 0.8 from epoch 6 on: the third of five at epoch 8
    assert converged_at(np.full(10, 0.8)) == 5  # no median of five is earlier


def test_99_percent_are_enough_and_less_is_not():
    assert converged_at(np.array([0.792] * 10 + [0.8] * 10)) == 5
    assert converged_at(np.array([0.791] * 10 + [0.8] * 10)) == 13


def test_one_epoch_that_jumps_is_no_convergence():
    curve = np.full(30, 0.4)
    curve[[3, 7]] = 0.9
    curve[15:] = 0.8
    assert converged_at(curve) == 18


def test_who_still_rises_has_not_converged():
    assert converged_at(np.linspace(0.1, 0.9, 50)) is None


@pytest.mark.parametrize("epochs", [0, 1, 5, 9])
def test_few_epochs_are_inconclusive(epochs):
    assert converged_at(np.full(epochs, 0.8)) is None


def test_who_learned_nothing_has_not_converged():
    assert converged_at(np.zeros(40)) is None
    assert converged_at(np.array([0.5] * 20 + [0.0] * 20)) is None  # nor who lost it again


@steady
@given(CURVES)
def test_equals_the_definition_epoch_by_epoch(curve):
    assert converged_at(curve) == direct(curve.tolist())


@steady
@given(CURVES, st.sampled_from([0.25, 0.5]))
def test_units_change_nothing(curve, scale):
    assert converged_at(curve * scale) == converged_at(curve)
    assert stability(curve * scale) == (None if len(curve) < 2 else pytest.approx(stability(curve) * scale))


def test_stability_is_the_sd_of_the_last_fifth():
    curve = np.array([0.0] * 16 + [0.7, 0.8, 0.8, 0.9])
    assert stability(curve) == pytest.approx(np.sqrt(0.02 / 3))
    assert stability(np.full(20, 0.8)) == 0
    assert stability(np.array([0.1, 0.1, 0.6, 0.8])) == pytest.approx(np.sqrt(0.02))  # two epochs at least


@pytest.mark.parametrize("epochs", [0, 1])
def test_one_epoch_has_no_spread(epochs):
    assert stability(np.full(epochs, 0.8)) is None


@pytest.mark.parametrize("measure", [converged_at, stability])
def test_a_missing_epoch_is_refused(measure):
    with pytest.raises(ValueError, match="1 of 20 scores are not finite"):
        measure(np.array([0.8] * 19 + [np.nan]))
