import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats
from statsmodels.stats.weightstats import DescrStatsW, ttost_paired

from brainseg.compare.stats.method_test import can_judge_methods, method_test, spread_over_folds, spread_over_seeds
from studies.false_claims import Setting, hierarchical_bootstrap, ours, pooled_wilcoxon, simulate

MARGIN = 0.02
steady = settings(max_examples=40, derandomize=True, database=None)
SHARES = st.integers(0, 64).map(lambda k: k / 64)
PAIRS = st.tuples(st.integers(2, 8), st.integers(2, 4), st.integers(2, 4)).flatmap(
    lambda n: st.tuples(arrays(float, (n[0], n[1]), elements=SHARES), arrays(float, (n[0], n[2]), elements=SHARES))
)


def one_fold(scores: np.ndarray) -> np.ndarray:
    return np.zeros(len(scores), int)


def numbers(test) -> tuple[float, ...]:
    return test.p, test.p_equal, test.mean, test.low, test.high


def drawn(patients: int, seeds: tuple[int, int], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    patient = rng.normal(0.8, 0.08, (patients, 1))
    a, b = (patient + rng.normal(0, 0.02, count) + rng.normal(0, 0.03, (patients, count)) for count in seeds)
    return a, b


def test_seeds_by_hand():
    a = np.array([[0.8, 0.9], [0.6, 0.7], [0.7, 0.8]])
    b = np.array([[0.7, 0.7], [0.6, 0.6], [0.8, 0.8]])
    spread = spread_over_seeds(a, b)  # patients differ by 0.15, 0.05, -0.05; a's seeds are 0.7 and 0.8, b's 0.7
    assert [(part.name, part.count) for part in spread.parts] == [("patients", 3), ("seeds", 2), ("seeds", 2)]
    assert [part.variance for part in spread.parts] == pytest.approx([0.01 / 3, 0.005 / 2, 0])
    assert spread.degrees_of_freedom == pytest.approx((0.01 / 3 + 0.0025) ** 2 / ((0.01 / 3) ** 2 / 2 + 0.0025**2))
    assert spread.standard_error == pytest.approx(math.sqrt(0.01 / 3 + 0.0025))
    assert method_test(a, b, one_fold(a), MARGIN).mean == pytest.approx(0.05)


def test_folds_of_unequal_size_by_hand():
    a, folds = np.array([[0.9], [0.7], [0.8], [0.6]]), np.array([4, 4, 7, 9])
    b = np.full((4, 1), 0.7)  # folds' mean differences 0.1, 0.1, -0.1, that of all 0.05
    spread = spread_over_folds(a, b, folds)
    [part] = spread.parts
    assert part.variance == pytest.approx((0.5**2 * 0.05**2 + 0.25**2 * 0.05**2 + 0.25**2 * 0.15**2) * 3 / 2)
    assert (part.count, spread.degrees_of_freedom) == (3, 2)
    assert spread.standard_error == pytest.approx(math.sqrt(part.variance))


@pytest.mark.parametrize(
    ("sizes", "name"), [((30, 30, 30), "folds of 30 patients"), ((7, 7, 9), "folds of 8 patients")]
)
def test_folds_are_named_with_their_patients(sizes, name):
    folds = np.repeat([1, 2, 3], sizes)
    spread = spread_over_folds(folds[:, None] / 4, np.zeros((len(folds), 1)), folds)
    assert [part.name for part in spread.parts] == [name]


@pytest.mark.parametrize("seeds", [(2, 2), (3, 5), (5, 2)])
def test_parts_of_seeds_and_patients_equal_numpys(seeds, rng):
    a, b = drawn(12, seeds, rng)
    spread = spread_over_seeds(a, b)
    parts = [stats.sem(a.mean(1) - b.mean(1)) ** 2, stats.sem(a.mean(0)) ** 2, stats.sem(b.mean(0)) ** 2]
    assert [(part.name, part.count) for part in spread.parts] == [
        ("patients", 12),
        ("seeds", seeds[0]),
        ("seeds", seeds[1]),
    ]
    assert [part.variance for part in spread.parts] == pytest.approx(parts)
    assert spread.standard_error == pytest.approx(math.sqrt(sum(parts)))
    freedom = sum(parts) ** 2 / sum(v**2 / f for v, f in zip(parts, (11, seeds[0] - 1, seeds[1] - 1), strict=True))
    assert spread.degrees_of_freedom == pytest.approx(freedom)


@pytest.mark.parametrize("seeds", [(2, 2), (3, 5)])
def test_without_patient_variance_it_is_welchs_test_of_seeds(seeds, rng):
    patient = rng.normal(0.8, 0.08, (20, 1))
    a, b = (patient + rng.normal(0, 0.02, count) for count in seeds)
    welch = stats.ttest_ind(a.mean(0), b.mean(0), equal_var=False)
    test = method_test(a, b, one_fold(a), MARGIN)
    assert test.spread.degrees_of_freedom == pytest.approx(welch.df)
    assert test.p == pytest.approx(welch.pvalue)
    assert (test.low, test.high) == pytest.approx(tuple(welch.confidence_interval()))


def test_without_seed_variance_it_is_the_paired_t_test_of_patients(rng):
    a, b = (np.repeat(rng.normal(0.8, 0.02, (20, 1)), 3, axis=1) for _ in range(2))
    test = method_test(a, b, one_fold(a), MARGIN)
    of_patients = stats.ttest_rel(a[:, 0], b[:, 0])
    assert test.p == pytest.approx(of_patients.pvalue)
    assert (test.low, test.high) == pytest.approx(tuple(of_patients.confidence_interval()))
    assert test.p_equal == pytest.approx(ttost_paired(a[:, 0], b[:, 0], -MARGIN, MARGIN)[0])


@pytest.mark.parametrize("count", [3, 5])
def test_equal_folds_are_the_t_test_of_their_means(count, rng):
    folds = np.repeat(np.arange(count), 6)
    a, b = (rng.normal(0.8, 0.03, (len(folds), 2)) for _ in range(2))
    test = method_test(a, b, folds, MARGIN)
    means = (a - b).mean(1).reshape(count, 6).mean(1)
    of_folds = stats.ttest_1samp(means, 0)
    assert test.p == pytest.approx(of_folds.pvalue)
    assert (test.low, test.high) == pytest.approx(tuple(of_folds.confidence_interval()))
    assert test.p_equal == pytest.approx(DescrStatsW(means).ttost_mean(-MARGIN, MARGIN)[0])


@pytest.mark.filterwarnings("ignore:The MLE may be on the boundary")
def test_equal_folds_have_the_standard_error_of_a_mixed_model(rng):
    folds = np.repeat(np.arange(5), 8)
    a = 0.8 + rng.normal(0, 0.03, 5)[folds] + rng.normal(0, 0.02, 40)
    frame = pd.DataFrame({"difference": a - 0.8, "fold": folds})
    model = smf.mixedlm("difference ~ 1", frame, groups="fold").fit(reml=True)
    spread = spread_over_folds(a[:, None], np.full((40, 1), 0.8), folds)
    assert spread.standard_error == pytest.approx(model.bse["Intercept"], rel=1e-3)


def test_seed_variance_shared_by_all_patients_is_not_averaged_away(rng):
    patient = rng.normal(0.8, 0.08, (1000, 1))
    a, b = patient + np.array([0.81, 0.79]), patient + np.array([0.80, 0.82])
    assert stats.ttest_rel(a.mean(1), b.mean(1)).pvalue < 1e-9
    assert method_test(a, b, one_fold(a), MARGIN).p > 0.3


@pytest.mark.parametrize(("shift", "p", "p_equal"), [(0, 1, 0), (0.25, 0, 1), (1 / 64, 0, 0)])
def test_differences_without_any_spread_are_certain(shift, p, p_equal):
    b = np.full((5, 2), 0.5)
    test = method_test(b + shift, b, one_fold(b), MARGIN)
    assert (test.p, test.p_equal) == (p, p_equal)
    assert test.low == test.mean == test.high == shift


def test_one_lost_patient_widens_the_interval(rng):
    a, b = drawn(30, (3, 3), rng)
    lost = a.copy()
    lost[0] = 0
    before, after = (method_test(scores, b, one_fold(b), MARGIN) for scores in (a, lost))
    assert after.high - after.low > 1.5 * (before.high - before.low)
    assert after.mean == pytest.approx(before.mean - a[0].mean() / 30)


@pytest.mark.parametrize(
    ("patients", "seeds", "folds", "expected"),
    [
        (10, (2, 2), 1, True),
        (2, (2, 3), 1, True),
        (1, (3, 3), 1, False),  # no spread of patients
        (10, (1, 3), 1, False),
        (10, (1, 1), 1, False),
        (10, (1, 1), 2, False),
        (10, (3, 3), 2, False),
        (10, (1, 1), 3, True),
        (3, (1, 2), 3, True),
    ],
)
def test_what_it_takes_to_judge_methods(patients, seeds, folds, expected, rng):
    a, b = drawn(patients, seeds, rng)
    of_patient = np.arange(patients) % folds
    assert can_judge_methods(a, b, of_patient) is expected
    if expected:
        assert np.isfinite(numbers(method_test(a, b, of_patient, MARGIN))).all()
    else:
        with pytest.raises(ValueError, match="too few networks"):
            method_test(a, b, of_patient, MARGIN)


@pytest.mark.parametrize("of", [0, 1])
def test_a_missing_score_is_refused(of, rng):
    pair = drawn(10, (2, 2), rng)
    pair[of][3, 1] = np.nan
    with pytest.raises(ValueError, match="1 of 20 scores are not finite"):
        method_test(*pair, one_fold(pair[0]), MARGIN)


@steady
@given(PAIRS)
def test_swapping_the_two_flips_the_signs_and_preserves_p(pair):
    a, b = pair
    test, swapped = (method_test(*each, one_fold(a), MARGIN) for each in ((a, b), (b, a)))
    assert numbers(swapped) == pytest.approx((test.p, test.p_equal, -test.mean, -test.high, -test.low))


@steady
@given(PAIRS, st.sampled_from([0.25, 4.0]), st.integers(-64, 64), st.randoms(use_true_random=False), st.booleans())
def test_units_origin_and_order_change_nothing(pair, scale, by, random, in_folds):
    a, b = pair
    folds = np.arange(len(a)) % (3 if in_folds and len(a) > 2 else 1)
    order = random.sample(range(len(a)), len(a))
    seeds = random.sample(range(a.shape[1]), a.shape[1])
    test = method_test(a, b, folds, MARGIN)
    moved, other = a[order][:, seeds] + by / 64, b[order] + by / 64
    changed = method_test(moved * scale, other * scale, folds[order], MARGIN * scale)
    assert numbers(changed) == pytest.approx(
        (test.p, test.p_equal, test.mean * scale, test.low * scale, test.high * scale), abs=1e-9
    )


@steady
@given(PAIRS)
def test_p_and_interval_agree(pair):
    test = method_test(*pair, one_fold(pair[0]), MARGIN)
    assert 0 <= test.p <= 1 and 0 <= test.p_equal <= 1
    if test.low < test.high:
        assert (test.p < 0.05) == (test.low > 0 or test.high < 0)


SETTINGS = [
    *(Setting(n, seeds, heavy=heavy) for n, seeds in [(10, 3), (27, 2), (90, 3)] for heavy in (False, True)),
    *(Setting(30, folds=folds, heavy=heavy) for folds in (3, 5) for heavy in (False, True)),
    Setting(90, 3, network_sd=0.01),
]


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_equal_methods_are_distinguished_in_5_of_100(setting, rng):
    wrong = sum(ours(*simulate(setting, rng)) for _ in range(1000))
    assert 20 <= wrong <= 75


def test_pooling_patients_and_resampling_seeds_claim_too_much(rng):
    # the reason for a test of methods: both take the luck of three networks for a difference
    setting, count = Setting(90, 3), 200
    drawn = [simulate(setting, rng) for _ in range(count)]
    assert sum(pooled_wilcoxon(*scores) for scores in drawn) > 0.4 * count
    assert sum(hierarchical_bootstrap(*scores) for scores in drawn) > 0.1 * count
    assert sum(ours(*scores) for scores in drawn) < 0.1 * count
