from itertools import cycle

import pytest

from brainseg.core.errors import UserError
from brainseg.data import split
from brainseg.data.split import SUBSETS, evaluation_subset, patients_in
from tests.data.small_names import LGG


def test_written_and_read_back_it_is_the_same(tmp_path):
    odd = {"a, b": "train", 'the "c"': "test", "zoë": "validation"}
    subset = dict(zip(LGG, cycle(SUBSETS), strict=False)) | odd
    split.write(subset, tmp_path / "split.csv")
    assert split.read(tmp_path / "split.csv") == subset


@pytest.mark.parametrize(
    ("rows", "words"),
    [("a,train\na,test\n", "a is listed twice"), ("a,training\n", "'training'.*train, validation, test")],
)
def test_a_split_edited_by_hand_is_checked(tmp_path, rows, words):
    (tmp_path / "split.csv").write_text("patient,subset\n" + rows)
    with pytest.raises(UserError, match=f"split.csv: .*{words}"):
        split.read(tmp_path / "split.csv")


def test_the_order_of_the_patients_is_retained(tmp_path):
    subset = {"b": "train", "c": "test", "a": "train"}
    split.write(subset, tmp_path / "split.csv")
    assert list(split.read(tmp_path / "split.csv")) == ["b", "c", "a"]


@pytest.mark.parametrize("header", ["patient,set", "a,train", ""])
def test_a_file_with_other_columns_is_refused(tmp_path, header):
    (tmp_path / "split.csv").write_text(header)
    with pytest.raises(UserError, match="split.csv: lacks the columns .*subset"):
        split.read(tmp_path / "split.csv")


def test_members_are_in_the_order_of_the_split():
    subset = {"b": "train", "c": "test", "a": "train"}
    assert (patients_in(subset, "train"), patients_in(subset, "test"), patients_in(subset, "validation")) == (
        ["b", "a"],
        ["c"],
        [],
    )


@pytest.mark.parametrize(
    ("subsets", "scored"),
    [
        (["train", "validation", "test"], "test"),
        (["train", "validation"], "validation"),
        (["test"], "test"),
        ([], "validation"),
    ],
)
def test_who_tests_is_scored_and_without_those_who_validates(subsets, scored):
    assert evaluation_subset(subsets) == scored
    assert evaluation_subset(iter(subsets)) == scored
