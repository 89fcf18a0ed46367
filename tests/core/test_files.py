import csv
import errno
import json
import os

import numpy as np
import pytest

from brainseg.core.errors import UserError
from brainseg.core.files import (
    atomic_write,
    read_csv,
    read_json,
    read_json_value,
    read_npz,
    write_bytes,
    write_csv,
    write_json,
    write_npz,
)


def test_a_file_appears_whole_and_only_at_the_end(tmp_path):
    path = tmp_path / "new" / "folder" / "a.txt"
    with atomic_write(path) as aside:
        aside.write_text("whole")
        assert not path.exists()
        assert aside.parent == path.parent and aside.suffix == ".txt" and aside.name.startswith(".")
    assert path.read_text() == "whole"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
@pytest.mark.parametrize("before", [None, "before"])
def test_an_error_leaves_nothing_behind_and_what_was_there_as_it_was(tmp_path, error, before):
    path = tmp_path / "a.txt"
    if before:
        path.write_text(before)
    with pytest.raises(error), atomic_write(path) as aside:
        aside.write_text("half")
        raise error
    assert [file.read_text() for file in tmp_path.iterdir()] == ([before] if before else [])


def test_a_file_that_is_there_is_replaced(tmp_path):
    for content in (b"a long first version", b"second"):
        write_bytes(tmp_path / "a", content)
    assert (tmp_path / "a").read_bytes() == b"second"


def test_json_is_indented_and_ends_with_a_line_end(tmp_path):
    content = {"b": 1.5, "a": [None, "x"]}
    write_json(tmp_path / "a.json", content)
    text = (tmp_path / "a.json").read_text()
    assert json.loads(text) == content
    assert text.startswith('{\n  "b"') and text.endswith("}\n")


def test_csv_has_a_header_and_plain_line_ends(tmp_path):
    write_csv(tmp_path / "a.csv", [{"name": "x, y", "score": 0.5}, {"name": "z", "score": 1}])
    assert (tmp_path / "a.csv").read_bytes() == b'name,score\n"x, y",0.5\nz,1\n'


def test_csv_preserves_every_digit_of_a_number(tmp_path):
    numbers = [0.1 + 0.2, 1 / 3, 1e-17]
    write_csv(tmp_path / "a.csv", [{"number": number} for number in numbers])
    with (tmp_path / "a.csv").open(newline="") as file:
        assert [float(row["number"]) for row in csv.DictReader(file)] == numbers


@pytest.mark.parametrize("compress", [False, True])
def test_the_same_arrays_give_the_same_bytes_and_come_back(tmp_path, compress, rng):
    arrays = {"a": rng.random((3, 4)), "b": np.array([True, False])}
    for name in ("first", "again"):
        write_npz(tmp_path / f"{name}.npz", arrays, compress=compress)
    assert (tmp_path / "first.npz").read_bytes() == (tmp_path / "again.npz").read_bytes()
    with np.load(tmp_path / "first.npz") as back:
        assert back.files == ["a", "b"]
        assert all((back[name] == array).all() for name, array in arrays.items())


def test_compression_makes_smaller_files(tmp_path):
    for compress in (False, True):
        write_npz(tmp_path / f"{compress}.npz", {"zeros": np.zeros(10_000)}, compress=compress)
    assert (tmp_path / "True.npz").stat().st_size < (tmp_path / "False.npz").stat().st_size / 10


def test_what_a_killed_process_left_is_overwritten_and_gone(tmp_path):
    path = tmp_path / "a.npz"
    with pytest.raises(ValueError), atomic_write(path) as aside:
        raise ValueError
    aside.write_bytes(b"half of a file, longer than the next one")  # where a process was killed
    write_bytes(path, b"whole")
    assert path.read_bytes() == b"whole"
    assert list(tmp_path.iterdir()) == [path]


def test_a_name_as_long_as_a_file_system_allows_is_written(tmp_path):
    path = tmp_path / ("p" * 251 + ".npz")
    write_npz(path, {"a": np.arange(3)})
    assert [found.name for found in tmp_path.iterdir()] == [path.name]
    assert read_npz(path, {"a": (np.int64, 1)})["a"].tolist() == [0, 1, 2]


def test_what_was_written_as_json_is_read_and_its_values_by_dotted_keys(tmp_path):
    path = tmp_path / "a.json"
    write_json(path, {"test": {"dsc": {"mean": 0.5}}, "epoch": 3})
    assert read_json(path) == {"test": {"dsc": {"mean": 0.5}}, "epoch": 3}
    assert read_json_value(path, "test.dsc.mean", float) == 0.5
    for key, kind, message in (
        ("test.iou", float, "test.iou is missing"),
        ("epoch.mean", float, "epoch.mean is missing"),
        ("epoch", str, "epoch is 3; expected str"),
    ):
        with pytest.raises(UserError, match=f"a.json: {message}"):
            read_json_value(path, key, kind)


def test_rows_are_read_as_text_and_columns_may_be_more_than_those_asked_for(tmp_path):
    path = tmp_path / "a.csv"
    write_csv(path, [{"patient": "Größe, 007", "subset": "train", "more": 1}])
    assert read_csv(path, ("patient", "subset")) == [{"patient": "Größe, 007", "subset": "train", "more": "1"}]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"patient\nA\n", "lacks the columns subset; it has patient"),
        (b"", "lacks the columns patient, subset; it has none"),
        (b"patient,subset\nA\n", "line 2: has another number of values"),
        (b"patient,subset\nA,b,c\n", "line 2: has another number of values"),
        (b"patient,subset\n\xff,b\n", "not a CSV file in UTF-8"),
        (b'patient,subset\n"A,b\n', "not a CSV file"),
    ],
)
def test_a_csv_file_that_is_damaged_is_refused(tmp_path, content, message):
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(UserError, match=f"a.csv.*{message}"):
        read_csv(tmp_path / "a.csv", ("patient", "subset"))


def test_arrays_of_another_kind_are_refused(tmp_path):
    write_npz(tmp_path / "a.npz", {"a": np.zeros((2, 3), np.float32)})
    for expected in ({"a": (np.float64, 2)}, {"a": (np.float32, 1)}, {"b": (np.float32, 2)}):
        with pytest.raises(UserError, match="a.npz: "):
            read_npz(tmp_path / "a.npz", expected)


def test_an_array_may_have_several_types_be_missing_and_be_text(tmp_path):
    write_npz(tmp_path / "a.npz", {"a": np.zeros(2, np.uint8), "names": np.array(["x", "long name"])})
    found = read_npz(tmp_path / "a.npz", {"a": ((np.uint8, np.uint16), 1)}, {"names": (np.str_, 1), "b": (np.bool_, 1)})
    assert found["names"].tolist() == ["x", "long name"] and list(found) == ["a", "names"]
    with pytest.raises(UserError, match=r"a is \(2,\) of uint8; expected 1 dimensions of uint16 or float32"):
        read_npz(tmp_path / "a.npz", {"a": ((np.uint16, np.float32), 1)})
    with pytest.raises(UserError, match="names is .*; expected 1 dimensions of int64"):
        read_npz(tmp_path / "a.npz", {}, {"names": (np.int64, 1)})


def test_pickled_objects_are_not_loaded(tmp_path):
    np.savez(tmp_path / "a.npz", a=np.array([{"a": 1}], dtype=object))
    with pytest.raises(UserError, match="a.npz: cannot be read"):
        read_npz(tmp_path / "a.npz", {"a": (np.object_, 1)})


@pytest.mark.parametrize(
    "content", [b"patient,subset\nA,train\nB,te", b"patient,subset\nA,train\nB,test", b"patient,subset"]
)
def test_a_csv_file_that_breaks_off_within_a_line_is_refused(tmp_path, content):
    """The values are as many as the header's, and the last one is of another patient, or another subset."""
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(UserError, match="a.csv: its last line has no line end, so it may be cut short"):
        read_csv(tmp_path / "a.csv", ("patient", "subset"))


@pytest.mark.parametrize("content", [bytes(range(256)), b"\x00" * 5000, b"PK\x03\x04" * 99, b"a,b" * 10**6])
def test_a_binary_csv_file_is_one_short_line(tmp_path, content):
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(UserError) as error:
        read_csv(tmp_path / "a.csv", ("patient", "subset"))
    assert str(error.value).startswith(f"{tmp_path}/a.csv: ")
    assert len(str(error.value)) < 600 and str(error.value).isprintable()


def test_a_full_disk_is_reported_with_the_file(tmp_path):
    with pytest.raises(OSError, match="No space") as error, atomic_write(tmp_path / "a.npz"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))  # of a write, which has no name of a file
    assert error.value.filename == str(tmp_path / "a.npz")


def test_a_value_in_a_message_is_short(tmp_path):
    write_json(tmp_path / "a.json", {"epoch": ["word" * 10**6] * 9})
    with pytest.raises(UserError) as error:
        read_json_value(tmp_path / "a.json", "epoch", int)
    assert len(str(error.value)) < 400
