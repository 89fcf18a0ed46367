import numpy as np
import pytest

from brainseg.audit.likeness.fingerprint import SIDE_PX, Fingerprint, fingerprint
from brainseg.audit.likeness.near_duplicates import HASH_SIDE, TURNS, Likeness, alike, hashes, turned
from tests.audit.conftest import COPIES, head


@pytest.fixture(scope="module")
def prints() -> dict[str, Fingerprint]:
    return {f"person {number}": fingerprint(head(number)[0]) for number in range(6)}


@pytest.mark.parametrize("change", COPIES)
def test_a_copy_is_found_and_no_other_person(prints, change):
    copy = fingerprint(COPIES[change](head(2)[0]))
    [pair] = [pair for pair in alike({"copy": copy}, prints) if pair.is_near_duplicate]
    assert (pair.patient, pair.other) == ("copy", "person 2")
    assert pair.share > 0.4 and pair.correlation > 0.85


def test_people_are_no_near_duplicates_of_each_other(prints):
    assert not [pair for pair in alike(prints) if pair.is_near_duplicate]


def test_each_pair_is_named_once_with_its_best_slices(prints):
    again = prints["person 3"]
    [pair] = [pair for pair in alike({**prints, "again": again}) if pair.is_near_duplicate]
    assert (pair.patient, pair.other, pair.turn) == ("person 3", "again", 0)
    assert pair.slice == pair.other_slice and pair.share == 1 and pair.slices == len(again.numbers)
    assert pair.correlation == pytest.approx(1, abs=1e-3) and pair.best == pytest.approx(1, abs=1e-3)


def test_the_turn_is_that_of_the_first(prints):
    details = prints["person 1"].details
    for turn in range(TURNS):
        back = Fingerprint(prints["person 1"].numbers, turned(details, turn))
        pair = max(alike({"turned": back}, prints), key=lambda pair: pair.share)
        np.testing.assert_array_equal(turned(back.details, pair.turn), details)


def test_nothing_is_alike_without_patients_or_slices(prints):
    empty = Fingerprint(np.zeros(0, int), np.zeros((0, SIDE_PX, SIDE_PX), np.float16))
    assert alike({}) == alike(prints, {}) == alike({"empty": empty}, prints) == alike({"a": empty, "b": empty}) == []


def test_the_eight_turns_are_different_and_shapes_stay(rng):
    picture = rng.random((2, 5, 5))
    versions = [turned(picture, turn) for turn in range(TURNS)]
    assert len({version.tobytes() for version in versions}) == TURNS
    np.testing.assert_array_equal(versions[0], picture)
    np.testing.assert_array_equal(versions[1][0], np.fliplr(picture[0]))
    np.testing.assert_array_equal(versions[2][0], np.flipud(picture[0]))
    np.testing.assert_array_equal(versions[3][0], np.rot90(picture[0], 2))
    np.testing.assert_array_equal(versions[4][0], picture[0].T)


@pytest.mark.parametrize(("row", "column"), [(1, 0), (0, 3), (7, 7)])
def test_a_bit_of_the_hash_is_the_sign_of_one_cosine(row, column):
    place = (np.arange(SIDE_PX // 2) + 0.5) * np.pi / (SIDE_PX // 2)
    wave = np.cos(row * place)[:, None] * np.cos(column * place)
    picture = wave.repeat(2, axis=0).repeat(2, axis=1)[None]
    bit = row * HASH_SIDE + column
    assert hashes(picture)[0, bit] == 1 and hashes(-picture)[0, bit] == -1


@pytest.mark.parametrize(
    ("share", "slices", "best", "is_one"),
    [(0.15, 3, 0.86, True), (0.14, 9, 0.99, False), (0.5, 1, 0.9, False), (0.5, 1, 0.93, True), (0.5, 2, 0.86, True)],
)
def test_what_counts_as_a_near_duplicate(share, slices, best, is_one):
    assert Likeness("a", "b", share, slices, 0.9, 1, 1, best, 0).is_near_duplicate is is_one


def test_it_is_reported_in_words():
    assert Likeness("a", "b", 0.5, 4, 0.912, 1, 1, 0.95, 0).words == "50 % of the slices, correlation 0.91"
    assert Likeness("a", "b", 0.5, 4, 0.912, 1, 1, 0.95, 3).words.endswith(", turned or mirrored")
