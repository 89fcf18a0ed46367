import math

import numpy as np
import pandas as pd
import pytest

from brainseg.evaluation.strata import EDGES, SIZES, stratum, terciles, traits, with_strata
from brainseg.metrics.raggedness import raggedness


def per_volume(*rows: tuple[str, int, float]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["subset", "lesion_voxels", "raggedness"])
    return table.assign(patient=[f"patient {number}" for number in range(len(rows))])


def test_terciles_by_hand_leave_undefined_values_out():
    assert terciles([1, 2, 3, 4]) == pytest.approx((2, 3))
    assert terciles([4.0, math.nan, 1.0, 3.0, 2.0]) == pytest.approx((2, 3))
    assert terciles([7]) == (7, 7)
    assert terciles(pd.Series([4.0, 1.0], index=[8, 3])) == pytest.approx((2, 3))


@pytest.mark.parametrize("values", [[], [math.nan, math.nan]])
def test_nothing_has_no_terciles(values):
    assert all(math.isnan(bound) for bound in terciles(values))


@pytest.mark.parametrize(
    ("value", "word"),
    [(0, "small"), (2, "small"), (2.001, "medium"), (5, "medium"), (5.001, "large"), (math.nan, "")],
)
def test_a_bound_belongs_to_what_is_below(value, word):
    assert stratum(value, (2.0, 5.0), SIZES) == word


def test_without_bounds_there_is_no_stratum():
    assert stratum(3, (math.nan, math.nan), SIZES) == ""


def test_the_bounds_are_those_of_the_training_patients():
    train = [("train", size, 1 + size / 10) for size in (1, 2, 3, 4)]  # terciles 2 and 3, 1.2 and 1.3
    others = [("test", 2, 1.3), ("test", 1000, 9.0), ("validation", 3, 1.25), ("test", 1001, 1.1)]
    table = with_strata(per_volume(*train, *others))
    assert table["size"].tolist() == ["small", "small", "medium", "large", "small", "large", "medium", "large"]
    assert table["edge"].tolist()[4:] == ["medium", "ragged", "medium", "smooth"]
    alone = with_strata(per_volume(*train, others[1]))
    patient = table.drop(columns="patient").iloc[5]
    assert alone.drop(columns="patient").iloc[-1].tolist() == patient.tolist()  # whoever else is tested has no say


def test_a_patient_without_lesion_is_of_no_size_and_moves_no_bound():
    train = [("train", size, 1 + size / 10) for size in (1, 2, 3, 4)]
    empty = [("train", 0, math.nan), ("test", 0, math.nan)]
    table = with_strata(per_volume(*train, *empty))
    assert table["size"].tolist() == ["small", "small", "medium", "large", "", ""]
    assert table["edge"].tolist() == ["smooth", "smooth", "medium", "ragged", "", ""]


def test_where_the_volume_is_known_sizes_are_by_ml_and_not_by_voxels():
    table = per_volume(*[("train", 100 - size, 1.5) for size in (1, 2, 3, 4)], ("test", 1, 1.5))
    table = with_strata(table.assign(lesion_ml=[1.0, 2.0, 3.0, 4.0, 0.0]))
    assert table["size"].tolist() == ["small", "small", "medium", "large", ""]


def test_without_any_training_lesion_no_patient_has_a_size():
    table = with_strata(per_volume(("train", 0, math.nan), ("test", 5, 1.2)))
    assert table["size"].tolist() == table["edge"].tolist() == ["", ""]


def test_one_training_patient_and_equal_ones():
    for train in ([("train", 5, 1.5)], [("train", 5, 1.5)] * 4):
        table = with_strata(per_volume(*train, ("test", 4, 1.4), ("test", 5, 1.5), ("test", 6, 1.6)))
        assert table["size"].tolist()[-3:] == ["small", "small", "large"]
        assert table["edge"].tolist()[-3:] == ["smooth", "smooth", "ragged"]


def test_each_stratum_has_a_third_of_the_training_patients(rng):
    values = rng.permutation(90)
    table = with_strata(per_volume(*[("train", int(value) + 1, 1 + value / 100) for value in values]))
    for column, words in (("size", SIZES), ("edge", EDGES)):
        assert table[column].value_counts().to_dict() == dict.fromkeys(words, 30)


@pytest.mark.parametrize(
    ("copies", "expected"),
    [({}, "none"), ({0: 1}, "1=2"), ({2: 1}, "2=3"), ({2: 0}, "1=3"), ({0: 1, 2: 1}, "1=2=3")],
)
def test_equal_channels(rng, copies, expected):
    image = rng.integers(0, 256, (3, 8, 8, 3)).astype(np.uint8)
    for channel, like in copies.items():
        image[..., channel] = image[..., like]
    assert traits(image, np.zeros((3, 8, 8), bool)).equal_channels == expected
    if copies:
        image[2, 7, 7, next(iter(copies))] ^= 1  # one voxel is enough to differ
        assert traits(image, np.zeros((3, 8, 8), bool)).equal_channels in ("none", "2=3")


@pytest.mark.parametrize(
    ("order", "expected"),
    [("a", "none"), ("ab", "none"), ("aa", "1=2"), ("abab", "1=3 2=4"), ("abcb", "2=4"), ("abbbcddc", "2=3=4 5=8 6=7")],
)
def test_equal_channels_of_any_number(rng, order, expected):
    of = {letter: rng.integers(0, 256, (3, 8, 8)).astype(np.uint16) for letter in set(order)}
    image = np.stack([of[letter] for letter in order], axis=-1)
    assert traits(image, np.zeros((3, 8, 8), bool)).equal_channels == expected


def test_the_other_traits(rng):
    image, truth = rng.integers(0, 256, (3, 8, 8, 3)), np.zeros((3, 8, 8), bool)
    assert math.isnan(traits(image, truth).raggedness)
    truth[1, 2:6, 2:3] = truth[1, 5, 2:7] = True
    assert traits(image, truth).raggedness == raggedness(truth) > 1.05


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a_CS_1", "a_DU_1", "a_CS_2", "a_CS_3", "a_DU_2", "a_CS_4"], ["CS", "DU", "CS", "CS", "DU", "CS"]),
        (["a_1_x", "a_2_x", "a_3_x", "a_4_x", "a_5_x", "a_6_x"], [""] * 6),
        (["anna", "bob", "carl", "dora", "emil", "fred"], [""] * 6),
    ],
)
def test_institutions_are_those_of_all_patients(names, expected):
    rows = [("train", 5, 1.5)] * 3 + [("test", 5, 1.5)] * 3
    table = with_strata(per_volume(*rows).assign(patient=names))
    assert table.institution.tolist() == expected
