import math
from collections import Counter

import pytest

from brainseg.core.errors import UserError
from brainseg.sweep.random_search import random_search
from brainseg.sweep.sweep_file import RandomSearch, Range


def search(count: int, seed: int = 0, **ranges: object) -> RandomSearch:
    return RandomSearch(count=count, seed=seed, ranges=ranges)


def drawn(count: int, source: object, seed: int = 0) -> list:
    return [draw["a"] for draw in random_search(search(count, seed, a=source))]


LR = Range(low=1e-5, high=1e-1, scale="log")


@pytest.mark.parametrize("count", [1, 2, 5, 12])
@pytest.mark.parametrize("seed", [0, 1, 7])
def test_the_first_draws_are_the_same_whatever_count_is(count, seed):
    ranges = {"lr": LR, "loss": ["dice", "bce"], "levels": Range(low=2, high=3)}
    assert random_search(search(20, seed, **ranges))[:count] == random_search(search(count, seed, **ranges))


def test_another_seed_draws_others():
    assert drawn(5, LR, seed=0) != drawn(5, LR, seed=1)


@pytest.mark.parametrize("scale", ["linear", "log"])
@pytest.mark.parametrize(("low", "high"), [(1, 2), (1, 9), (3, 7)])
def test_whole_numbers_are_drawn_from_end_to_end(low, high, scale):
    found = drawn(high - low + 1, Range(low=low, high=high, scale=scale))
    assert sorted(found) == list(range(low, high + 1))
    assert {type(value) for value in found} == {int}


def test_whole_numbers_are_equally_often_drawn():
    found = random_search(search(900, a=Range(low=0, high=2), b=Range(low=0.0, high=1.0)))
    assert all(270 < count < 330 for count in Counter(draw["a"] for draw in found).values())


@pytest.mark.parametrize("scale", ["linear", "log"])
@pytest.mark.parametrize(("low", "high"), [(0.0123456, 0.0129876), (1e-5, 1e-1), (1, 2.5)])
def test_numbers_lie_within_the_ends_and_have_three_digits(low, high, scale):
    for value in drawn(4, Range(low=low, high=high, scale=scale)):
        assert low <= value <= high
        assert value == float(f"{value:.3g}") or value in (low, high)  # kept inside
        assert isinstance(value, float)


def test_on_a_log_scale_each_power_of_ten_is_as_likely():
    powers = Counter(math.floor(math.log10(value)) for value in drawn(400, LR))
    assert set(powers) == {-5, -4, -3, -2}
    assert all(70 < count < 130 for count in powers.values())


def test_a_linear_scale_is_the_usual_one():
    found = drawn(400, Range(low=0.0, high=10.0))
    assert 170 < sum(value < 5 for value in found) < 230


def test_values_of_a_list_come_as_they_are():
    values = ["dice", 2, 0.5, True, ["flair"]]
    found = drawn(5, values)
    assert sorted(map(repr, found)) == sorted(map(repr, values))
    assert random_search(search(1, a=["dice"])) == [{"a": "dice"}]


def test_no_two_draws_are_the_same():
    found = random_search(search(12, loss=["dice", "bce", "focal"], levels=Range(low=2, high=5)))
    assert len({tuple(draw.values()) for draw in found}) == 12


def test_more_draws_than_there_are_is_reported():
    with pytest.raises(UserError, match="random.count is 4; the ranges hold about 3 different draws"):
        drawn(4, Range(low=1, high=3))
