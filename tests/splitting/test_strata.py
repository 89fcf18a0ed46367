from itertools import pairwise

import numpy as np
import pytest

from brainseg.data.raw.patients import institution
from brainseg.splitting.strata import in_strata, spread
from tests.data.small_names import PATIENTS


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_institutions_follow_each_other():
    ordered = in_strata(PATIENTS, "institution", {}, rng())
    assert sorted(ordered) == sorted(PATIENTS)
    sites = [institution(patient) for patient in ordered]
    assert sites == sorted(sites)


def test_thirds_of_the_sizes_follow_each_other_after_patients_without_lesion():
    size = {f"p{number}": float(number) for number in range(10)}  # p0 has no lesion
    ordered = in_strata([*size], "size", size, rng())
    assert ordered[0] == "p0"
    assert [{*ordered[start : start + 3]} for start in (1, 4, 7)] == [
        {"p1", "p2", "p3"},
        {"p4", "p5", "p6"},
        {"p7", "p8", "p9"},
    ]


def test_within_a_stratum_the_order_is_random():
    orders = {tuple(in_strata(["a", "b", "c"], "size", dict.fromkeys("abc", 1.0), rng(seed))) for seed in range(100)}
    assert len(orders) == 6


@pytest.mark.parametrize(("count", "gaps"), [(5, {2}), (3, {3, 4}), (10, {1})])
def test_picks_are_evenly_spaced(count, gaps):
    for seed in range(20):
        picks = [int(pick) for pick in spread([str(number) for number in range(10)], count, rng(seed))]
        assert len(picks) == count and {after - before for before, after in pairwise(picks)} <= gaps


def test_the_start_is_random():
    assert {spread(["a", "b", "c"], 1, rng(seed))[0] for seed in range(100)} == {"a", "b", "c"}


def test_nothing_to_pick():
    assert spread([], 3, rng()) == []
    assert spread(["a"], 0, rng()) == []
