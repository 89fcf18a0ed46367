import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.power import TTestPower

from brainseg.compare.stats.method_test import spread_over_seeds
from brainseg.compare.stats.sample_size import MOST, POWER, Part, advice, satterthwaite, settles, settling_count

steady = settings(max_examples=40, derandomize=True, database=None)
THOUSANDTHS = st.integers(1, 100).map(lambda k: k / 1000)


def patients(count: int, sd: float) -> Part:
    return Part("patients", count, sd**2 / count)


@pytest.mark.parametrize("alpha", [0.05, 0.05 / 6])
@pytest.mark.parametrize(("mean", "sd"), [(0.03, 0.1), (-0.05, 0.1), (0.02, 0.2)])
def test_patients_to_detect_a_difference_are_those_of_statsmodels(mean, sd, alpha):
    expected = TTestPower().solve_power(abs(mean) / sd, alpha=alpha, power=POWER)
    assert settling_count("patients", mean, [patients(10, sd)], 0.01, alpha) == pytest.approx(expected, rel=0.04, abs=1)


def test_a_small_difference_is_reported_to_lie_within_the_margin_instead():
    expected = TTestPower().solve_power(0.016 / 0.1, alpha=0.05, power=POWER)
    assert settling_count("patients", 0.004, [patients(10, 0.1)], 0.02, 0.05) == pytest.approx(expected, rel=0.04)


def test_by_hand_with_few_degrees_of_freedom():
    part = Part("seeds", 3, 0.0004)  # an error of 0.02 with two degrees of freedom
    needed = (stats.t.isf(0.025, 2) + stats.t.isf(0.2, 2)) * 0.02
    assert settles(needed + 1e-9, [part], 0.001, 0.05) and not settles(needed - 1e-9, [part], 0.001, 0.05)
    assert satterthwaite([part]) == pytest.approx(2)
    assert satterthwaite([Part("seeds", 3, 0.01), Part("seeds", 3, 0.01)]) == pytest.approx(4)
    assert math.isinf(satterthwaite([Part("patients", 5, 0.0)]))


def test_more_patients_do_not_help_where_two_seeds_are_the_limit():
    parts = [Part("patients", 28, 1e-7), Part("seeds", 2, 5e-5), Part("seeds", 2, 5e-5)]
    # three seeds of each have four degrees of freedom, and an error that settles 0.0303
    needed = (stats.t.isf(0.025, 4) + stats.t.isf(0.2, 4)) * math.sqrt(2 * 5e-5 * 2 / 3)
    for mean, seeds in ((needed * 1.02, 3), (needed * 0.98, 4)):
        assert settling_count("patients", mean, parts, 0.01, 0.05) is None
        assert settling_count("seeds", mean, parts, 0.01, 0.05) == seeds
        assert advice(mean, parts, 0.01, 0.05) == f"about {seeds} seeds"


def test_the_advised_number_of_seeds_has_the_power():
    """Patients and seeds drawn anew with as many seeds as advised: the difference is told in about 8 of 10."""
    rng = np.random.default_rng(0)
    mean, sd_patients, sd_seeds, count = 0.03, 0.04, 0.02, 30
    parts = [Part("patients", count, sd_patients**2 / count)] + [Part("seeds", 3, sd_seeds**2 / 3)] * 2
    seeds = settling_count("seeds", mean, parts, 0.01, 0.05)
    reported = 0
    for _ in range(400):
        interaction = rng.normal(0, sd_patients, (count, 1))
        a = mean + interaction + rng.normal(0, sd_seeds, (1, seeds))
        b = np.zeros((count, 1)) + rng.normal(0, sd_seeds, (1, seeds))
        spread = spread_over_seeds(a, b)
        reported += 2 * stats.t.sf(abs(a.mean() - b.mean()) / spread.standard_error, spread.degrees_of_freedom) < 0.05
    assert 0.72 <= reported / 400 <= 0.92


@steady
@given(st.integers(-100, 100).map(lambda k: k / 1000), THOUSANDTHS)
def test_sign_and_units_change_nothing_and_half_the_alpha_costs_no_less(mean, margin):
    count = settling_count("patients", mean, [patients(10, 0.05)], margin, 0.05)
    assert settling_count("patients", -mean, [patients(10, 0.05)], margin, 0.05) == count
    assert settling_count("patients", 4 * mean, [patients(10, 0.2)], 4 * margin, 0.05) == count
    stricter = settling_count("patients", mean, [patients(10, 0.05)], margin, 0.025)
    assert stricter is None or (count is not None and stricter >= count)


def test_advice_names_each_way_that_settles_it():
    parts = [patients(10, 0.05), Part("seeds", 3, 0.0001), Part("seeds", 3, 0.0001)]
    reach = stats.t.isf(0.025, 4) + stats.t.isf(0.2, 4)
    assert 0.05 < reach * math.sqrt(0.0002) < 0.06  # what endless patients settle, as the seeds' part stays
    assert advice(0.05, parts, 0.02, 0.05) == f"about {settling_count('seeds', 0.05, parts, 0.02, 0.05)} seeds"
    counts = [settling_count(name, 0.06, parts, 0.02, 0.05) for name in ("patients", "seeds")]
    assert advice(0.06, parts, 0.02, 0.05) == "about {} patients, or {} seeds".format(*counts)
    for more, settled in ((0, True), (-1, False)):  # the smallest that do
        of_patients, of_seeds = (count + more for count in counts)
        assert settles(0.06, [patients(of_patients, 0.05), *parts[1:]], 0.02, 0.05) == settled
        assert settles(0.06, [parts[0], *[Part("seeds", of_seeds, 0.0003 / of_seeds)] * 2], 0.02, 0.05) == settled


def test_advice_is_never_for_fewer_than_there_are():
    assert settling_count("patients", 0.5, [patients(10, 0.01)], 0.02, 0.05) == 11


def test_advice_where_nothing_reasonable_helps():
    assert advice(0.0101, [patients(10, 3.0)], 0.02, 0.05) == f"more than {MOST} patients"
    blocked = [Part("patients", 10, 0.001), Part("seeds", 3, 0.001), Part("seeds", 3, 0.001)]
    assert advice(0.02, blocked, 0.02, 0.05) == "more patients and seeds together"
