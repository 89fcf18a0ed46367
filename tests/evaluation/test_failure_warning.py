import math
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from brainseg.evaluation.failure_warning import (
    dsc_lower_bound,
    leave_one_out,
    predicted_dsc,
    summarize_warning,
    with_warning,
)

pytestmark = pytest.mark.filterwarnings("error")  # a fit through too little would warn
steady = settings(max_examples=60, derandomize=True, database=None)


def draw(rng, patients: int) -> tuple[np.ndarray, np.ndarray]:
    """Certainties, and DSC that follow them with a long tail of failures."""
    certainty = rng.uniform(0.5, 1, patients)
    return certainty, (1.1 * certainty - 0.15 - rng.exponential(0.05, patients)).clip(0, 1)


def line(certainty, dsc, at):
    """Least squares by the textbook, in 0 ... 1."""
    x, y = certainty - certainty.mean(), dsc - dsc.mean()
    return np.clip(dsc.mean() + (x @ y) / (x @ x) * (at - certainty.mean()), 0, 1)


def test_a_line_through_points_on_a_line_goes_through_them():
    certainty = np.array([0.2, 0.5, 0.6, 0.9])
    predicted = predicted_dsc(certainty, 0.1 + 0.8 * certainty, np.array([0.0, 0.5, 1.0]))
    assert predicted == pytest.approx([0.1, 0.5, 0.9])


def test_predictions_stay_scores():
    certainty, dsc = np.array([0.8, 0.9, 1.0]), np.array([0.1, 0.5, 0.9])
    assert predicted_dsc(certainty, dsc, np.array([0.0, 0.9, 2.0])) == pytest.approx([0, 0.5, 1])


@pytest.mark.parametrize("patients", [1, 2])
def test_fewer_than_three_patients_have_a_mean_and_no_line(patients):
    certainty, dsc = np.array([0.2, 0.9])[:patients], np.array([0.4, 0.8])[:patients]
    assert predicted_dsc(certainty, dsc, np.array([0.0, 1.0])) == pytest.approx([dsc.mean()] * 2)


@pytest.mark.parametrize("off", [0, 1e-16, 3e-15])
def test_constant_certainty_has_a_mean_and_no_line(off):
    certainty = np.full(12, 0.7) + off * np.arange(12)
    dsc = np.linspace(0.3, 0.96, 12)
    assert predicted_dsc(certainty, dsc, np.array([0.1, 0.9])) == pytest.approx([dsc.mean()] * 2)
    # each without itself: the lowest of 12 has a residual of its distance to the mean of the others
    expected = np.mean(dsc[1:]) - (np.mean(dsc[1:]) - dsc[0])
    assert dsc_lower_bound(certainty, dsc, np.array([0.1])) == pytest.approx([expected])


def brute_force(certainty, dsc, new, alpha: Fraction):
    """The one-sided jackknife+: the floor(alpha (n + 1))-th smallest of mu_-i(x) + (y_i - mu_-i(x_i))."""
    n, bounds = len(dsc), []
    for x in new:
        values = []
        for i in range(n):
            rest = np.delete(certainty, i), np.delete(dsc, i)
            values.append(line(*rest, x) + dsc[i] - line(*rest, certainty[i]))
        bounds.append(sorted(values)[math.floor(alpha * (n + 1)) - 1])
    return np.clip(bounds, 0, 1)


@pytest.mark.parametrize("patients", [9, 10, 18, 19, 20, 29])
@pytest.mark.parametrize("tenths", [1, 2, 3, 5])
def test_the_bound_equals_a_brute_force_jackknife_plus(rng, patients, tenths):
    certainty, dsc = draw(rng, patients)
    new = rng.uniform(0.3, 1, 7)
    expected = brute_force(certainty, dsc, new, Fraction(tenths, 10))
    assert dsc_lower_bound(certainty, dsc, new, 1 - tenths / 10) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(("coverage", "needed"), [(0.9, 9), (0.8, 4), (0.95, 19), (0.5, 1)])
def test_too_few_patients_promise_nothing(rng, coverage, needed):
    certainty, dsc = draw(rng, needed)
    if needed > 1:
        assert not np.isnan(dsc_lower_bound(certainty, dsc, np.array([0.8]), coverage)).any()
    assert np.isnan(dsc_lower_bound(certainty[1:], dsc[1:], np.array([0.8, 0.9]), coverage)).tolist() == [True] * 2


@pytest.mark.parametrize(("patients", "expected"), [(9, 0.9), (14, 14 / 15), (19, 0.9)])
def test_of_new_patients_as_many_as_asked_for_reach_the_bound(rng, patients, expected):
    """floor(0.1 (n + 1)) of n + 1 fall below it, in the mean over draws of validation patients."""
    reached = []
    for _ in range(700):
        new, dsc = draw(rng, 40)
        reached.append(np.mean(dsc >= dsc_lower_bound(*draw(rng, patients), new)))
    assert np.mean(reached) == pytest.approx(expected, abs=0.012)
    assert np.std(reached) / len(reached) ** 0.5 < 0.004  # the number of draws makes that a fair test


def test_of_new_patients_as_many_reach_it_where_no_line_fits(rng):
    def bent(patients):
        certainty = rng.uniform(0, 1, patients)
        return certainty, (0.5 + 0.4 * np.sin(9 * certainty) + rng.normal(0, 0.04, patients)).clip(0, 1)

    reached = []
    for _ in range(300):
        new, dsc = bent(40)
        reached.append(np.mean(dsc >= dsc_lower_bound(*bent(19), new)))
    assert np.mean(reached) == pytest.approx(0.9, abs=0.025)


def test_each_without_itself_equals_a_fit_of_the_others(rng):
    certainty, dsc = draw(rng, 12)
    predicted, at_least = leave_one_out(certainty, dsc)
    for i in range(12):
        rest = np.delete(certainty, i), np.delete(dsc, i)
        assert predicted[i] == pytest.approx(line(*rest, certainty[i]))
        assert at_least[i] == dsc_lower_bound(*rest, certainty[[i]])[0]


@pytest.mark.parametrize("patient", [0, 5, 11])
def test_a_patients_own_dsc_does_not_move_what_is_said_of_it(rng, patient):
    certainty, dsc = draw(rng, 12)
    other = dsc.copy()
    other[patient] = 0.02
    before, after = leave_one_out(certainty, dsc), leave_one_out(certainty, other)
    for was, became in zip(before, after, strict=True):
        assert was[patient] == became[patient]
        assert (was != became).sum() >= 10  # but it moves what is said of the others


def test_few_patients_each_without_itself():
    nothing = leave_one_out(np.array([0.5]), np.array([0.7]))
    assert np.isnan(nothing).all()
    predicted, at_least = leave_one_out(np.array([0.5, 0.6]), np.array([0.7, 0.3]))
    assert predicted.tolist() == [0.3, 0.7] and np.isnan(at_least).all()
    certainty, dsc = np.linspace(0.5, 1, 10), np.linspace(0.5, 1, 10) ** 2
    assert not np.isnan(leave_one_out(certainty, dsc)).any()
    assert np.isnan(leave_one_out(certainty[1:], dsc[1:])[1]).all()  # the others are 8


@steady
@given(st.integers(1, 15).flatmap(lambda n: arrays(float, (2, n), elements=st.floats(0, 1))), st.floats(0, 1))
def test_in_0_to_1_whatever_comes(both, new):
    certainty, dsc = both
    assert 0 <= predicted_dsc(certainty, dsc, np.array([new]))[0] <= 1
    bound = dsc_lower_bound(certainty, dsc, np.array([new]))[0]
    assert math.isnan(bound) == (len(dsc) < 9)
    assert math.isnan(bound) or 0 <= bound <= 1
    predicted, _ = leave_one_out(certainty, dsc)
    assert len(dsc) == 1 or ((predicted >= 0) & (predicted <= 1)).all()


@pytest.fixture
def per_volume(rng) -> pd.DataFrame:
    """Patients of all subsets, mixed."""
    certainty, dsc = draw(rng, 30)
    subset = (["validation", "train", "test"] * 12)[:30]
    table = {"subset": subset, "certainty": certainty, "dsc": dsc, "predicted_voxels": 50}
    return pd.DataFrame(table, index=range(100, 130))


def test_with_warning(per_volume):
    per_volume.loc[[100, 103], "subset"] = "test"  # 8 + 2 others
    per_volume.loc[[101, 102, 104], "subset"] = "validation"  # 11 in all
    validation = (per_volume.subset == "validation").to_numpy()
    known = per_volume.certainty[validation].to_numpy(), per_volume.dsc[validation].to_numpy()
    reported = with_warning(per_volume)
    assert reported[list(per_volume)].equals(per_volume)
    others = per_volume.certainty[~validation].to_numpy()
    assert reported.predicted_dsc[~validation].tolist() == predicted_dsc(*known, others).tolist()
    assert reported.dsc_lower_bound[~validation].tolist() == dsc_lower_bound(*known, others).tolist()
    own = reported[validation][["predicted_dsc", "dsc_lower_bound"]].to_numpy().T
    np.testing.assert_array_equal(own, leave_one_out(*known))


def test_where_nothing_is_predicted_nothing_is_reported_and_nothing_learned(per_volume):
    empty = per_volume.index[per_volume.subset == "validation"][:1].union(
        per_volume.index[per_volume.subset == "test"][:2]
    )
    per_volume.loc[empty, ["predicted_voxels", "certainty", "dsc"]] = [0, 1.0, 0.0]  # certain, and wrong
    reported = with_warning(per_volume)[["predicted_dsc", "dsc_lower_bound"]]
    assert reported.loc[empty].isna().all(axis=None)
    others = with_warning(per_volume.drop(empty))[["predicted_dsc", "dsc_lower_bound"]]
    assert others.predicted_dsc.notna().all()
    pd.testing.assert_frame_equal(reported.drop(empty), others)


def test_where_nothing_is_predicted_for_any_validation_patient_there_is_no_warning(per_volume):
    per_volume.loc[per_volume.subset == "validation", "predicted_voxels"] = 0
    assert with_warning(per_volume)[["predicted_dsc", "dsc_lower_bound"]].isna().all(axis=None)
    assert with_warning(per_volume.assign(predicted_voxels=0)).predicted_dsc.isna().all()


def test_dsc_of_patients_that_do_not_validate_have_no_say(per_volume):
    reported = with_warning(per_volume)
    changed = with_warning(per_volume.assign(dsc=per_volume.dsc.where(per_volume.subset == "validation", 0.0)))
    assert reported[["predicted_dsc", "dsc_lower_bound"]].equals(changed[["predicted_dsc", "dsc_lower_bound"]])


@pytest.mark.parametrize("count", [1, 2, 3, 9])
def test_with_few_validation_patients(per_volume, count):
    few = pd.concat([per_volume[per_volume.subset == "validation"][:count], per_volume[per_volume.subset == "test"]])
    reported = with_warning(few)
    test = reported.subset == "test"
    assert reported.predicted_dsc[test].between(0, 1).all()
    assert reported.predicted_dsc[~test].isna().all() == (count == 1)
    assert reported.dsc_lower_bound[test].isna().all() == (count < 9)
    assert reported.dsc_lower_bound[~test].isna().all()


def test_how_well_it_warned_by_hand():
    table = pd.DataFrame({"certainty": [0.1, 0.2, 0.3, 0.4], "dsc": [0.5, 0.4, 0.6, 0.8], "predicted_dsc": 0.5})
    reported = summarize_warning(table.assign(dsc_lower_bound=[0.5, 0.41, 0.2, 0.7]))
    assert reported == pytest.approx(
        {
            "nothing_predicted": 0,
            "rank_correlation": 0.8,
            "asked_coverage": 0.9,
            "coverage": 0.75,
            "mean_dsc_lower_bound": 0.4525,
        }
    )
    part = summarize_warning(table.assign(dsc_lower_bound=[math.nan, 0.41, 0.2, math.nan]))
    assert (part["coverage"], part["mean_dsc_lower_bound"]) == pytest.approx((0.5, 0.305))


def test_who_has_nothing_predicted_is_counted_and_takes_no_part():
    table = pd.DataFrame({"certainty": [0.1, 0.2, 0.3, 1.0], "dsc": [0.5, 0.6, 0.7, 0.0], "dsc_lower_bound": math.nan})
    reported = summarize_warning(table.assign(predicted_dsc=[0.5, 0.6, 0.7, math.nan]))
    assert (reported["nothing_predicted"], reported["rank_correlation"]) == (1, pytest.approx(1.0))


@pytest.mark.parametrize(
    ("certainty", "dsc"), [([0.5], [0.5]), ([0.5, 0.6], [0.5, 0.6]), ([1.0] * 4, [0.1, 0.2, 0.3, 0.4]), ([0.5], [0.0])]
)
def test_where_nothing_can_be_said_of_the_warning_it_is_none(certainty, dsc):
    table = pd.DataFrame({"certainty": certainty, "dsc": dsc, "dsc_lower_bound": math.nan, "predicted_dsc": 0.5})
    assert summarize_warning(table) == {
        "nothing_predicted": 0,
        "rank_correlation": None,
        "asked_coverage": 0.9,
        "coverage": None,
        "mean_dsc_lower_bound": None,
    }
    assert summarize_warning(table.assign(certainty=dsc, dsc=1.0))["rank_correlation"] is None
