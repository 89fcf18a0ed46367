import csv
import json

import numpy as np
import pytest

from brainseg.core.files import atomic_write, write_bytes, write_csv, write_json, write_npz


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


def test_csv_keeps_every_digit_of_a_number(tmp_path):
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
