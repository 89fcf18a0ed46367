"""Model files are archives that hold what they say, or they are refused in one line."""

import hashlib
import json
import zipfile
from pathlib import Path

import pytest

from brainseg.core.errors import UserError
from brainseg.data.model_file import MAX_PARTS, SCHEMA, hash_person, known_persons, read_parts, write_parts

KNOWN = [
    {"person_pattern": "auto", "salt": "s", "hashes": [hash_person("anna", "s"), hash_person("carl-1", "s")]},
    {"person_pattern": r"(\w+)-\d", "salt": "t", "hashes": [hash_person("bert", "t")]},
]


def with_record(parts: dict[str, bytes], **changes: object) -> dict[str, bytes]:
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in parts.items()}
    record = {"schema_version": SCHEMA, "sha256": digests, "training": {"known": KNOWN}} | changes
    return {"model.json": json.dumps(record).encode(), **parts}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    write_parts(tmp_path / "model.zip", with_record({"card.md": b"# card", "weights/0.safetensors": bytes(5000)}))
    return tmp_path / "model.zip"


def test_parts_are_read_as_they_were_written(model):
    parts = read_parts(model)
    assert parts["card.md"] == b"# card" and parts["weights/0.safetensors"] == bytes(5000)
    assert parts.keys() == {"model.json", "card.md", "weights/0.safetensors"}


def test_the_same_parts_give_the_same_bytes_in_any_order(model, tmp_path):
    parts = read_parts(model)
    write_parts(tmp_path / "again.zip", dict(reversed(parts.items())))
    assert (tmp_path / "again.zip").read_bytes() == model.read_bytes()


def test_who_is_known_is_found_under_each_salt(model):
    assert known_persons(model, ["anna", "bert", "carl"], "auto") == ["anna", "bert"]


def test_a_person_is_known_by_the_pattern_of_each_list(model):
    """carl-1 was a person of its own where he trained, bert-1 was bert."""
    assert known_persons(model, ["bert-1", "bert-2", "carl-1", "carl-2"], "auto") == ["bert-1", "bert-2", "carl-1"]
    assert known_persons(model, ["carl-1"], r"(\w+)-\d") == ["carl-1"]


def test_a_person_is_known_by_the_pattern_of_today(model):
    assert known_persons(model, ["anna-scan2"], r"(\w+)-scan\d") == ["anna-scan2"]
    assert known_persons(model, ["anna-scan2"], "auto") == []


@pytest.mark.parametrize(
    "training",
    [
        {},
        {"known": [{"salt": "s", "hashes": []}]},
        {"known": [{"salt": "s", "hashes": [], "person_pattern": "("}]},
        {"known": [{"salt": "s", "hashes": [], "person_pattern": "anna"}]},
    ],
    ids=["nobody", "no pattern", "not a regular expression", "no group"],
)
def test_a_file_without_persons_names_no_patient_but_stops(tmp_path, training):
    write_parts(tmp_path / "m.zip", with_record({}, training=training))
    with pytest.raises(UserError, match="m.zip: model.json does not say whom the networks were trained on"):
        known_persons(tmp_path / "m.zip", ["anna"], "auto")


def text_file(path: Path) -> None:
    path.write_text("no archive")


def without_record(path: Path) -> None:
    write_parts(path, {"card.md": b""})


def changed_part(path: Path) -> None:
    write_parts(path, with_record({"card.md": b"as packed"}) | {"card.md": b"something"})


def one_part_more(path: Path) -> None:
    write_parts(path, with_record({"card.md": b""}) | {"../../etc/cron.d/evil": b"* * * * * root true"})


def missing_part(path: Path) -> None:
    parts = with_record({"card.md": b"", "weights/0.safetensors": b"0"})
    del parts["weights/0.safetensors"]
    write_parts(path, parts)


def compressed(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.json", b" " * 10**7)  # ten megabytes in ten kilobytes


def twice(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("model.json", b"{}")
        archive.writestr("model.json", b"{}")


def later_schema(path: Path) -> None:
    write_parts(path, with_record({}, schema_version=SCHEMA + 1))


def no_schema(path: Path) -> None:
    write_parts(path, with_record({}, schema_version=None))


def many_parts(path: Path) -> None:
    write_parts(path, {"model.json": b"{}"} | {f"weights/{number}": b"" for number in range(MAX_PARTS)})


def damaged_json(path: Path) -> None:
    write_parts(path, {"model.json": b'{"sha256": {'})


def a_list(path: Path) -> None:
    write_parts(path, {"model.json": b"[]"})


def deep_json(path: Path) -> None:
    write_parts(path, {"model.json": b"[" * 10**6})


def large_record(path: Path) -> None:
    write_parts(path, {"model.json": b" " * (2**25 + 1)})


def overlapping(path: Path) -> None:
    """The central directory says that a part is far larger than the archive."""
    write_parts(path, with_record({"card.md": b"", "weights/0.safetensors": bytes(1000)}))
    content = bytearray(path.read_bytes())
    entry = content.rindex(b"weights/0.safetensors") - 46
    for place in (entry + 20, entry + 24):  # packed and unpacked size
        content[place : place + 4] = (10**9).to_bytes(4, "little")
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (text_file, "not a whole model file"),
        (without_record, "holds no model.json; expected a model file that `brainseg pack` wrote"),
        (changed_part, "card.md is not what was packed: its SHA-256 differs from model.json"),
        (one_part_more, "its parts are not those that model.json lists"),
        (missing_part, "its parts are not those that model.json lists"),
        (compressed, "'model.json' is compressed or encrypted; expected stored parts"),
        (twice, "holds 'model.json' twice"),
        (later_schema, "has schema version 3; this brainseg reads up to 2; update it"),
        (no_schema, "schema_version is 'None'; expected a whole number from 1"),
        (many_parts, "holds 1,001 parts; expected at most 1,000"),
        (damaged_json, "model.json is damaged"),
        (a_list, "model.json holds a list; expected keys and values"),
        (deep_json, "model.json is damaged"),
        (large_record, "'model.json' is larger than 32 MiB"),
        (overlapping, "its parts are larger than the file, so they overlap"),
    ],
)
def test_other_files_are_refused_in_one_line_and_nothing_is_written(tmp_path, make, message):
    path = tmp_path / "model.zip"
    make(path)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(UserError) as caught:
        read_parts(path)
    assert message in str(caught.value) and str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
    assert sorted(tmp_path.iterdir()) == before


def test_every_truncation_is_refused(model):
    content = model.read_bytes()
    for length in (0, 1, 50, len(content) // 2, len(content) - 30, len(content) - 1):
        model.write_bytes(content[:length])
        with pytest.raises(UserError, match="^.*model.zip: "):
            read_parts(model)


def test_every_flipped_byte_of_a_part_is_noticed(model):
    content = model.read_bytes()
    for place in range(0, len(content), 97):
        flipped = bytearray(content)
        flipped[place] ^= 0xFF
        model.write_bytes(flipped)
        try:
            parts = read_parts(model)
        except UserError:
            continue
        model.write_bytes(content)
        assert parts == read_parts(model)  # a byte that holds nothing, such as a date


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match="none.zip: no such file; expected a model file"):
        read_parts(tmp_path / "none.zip")
