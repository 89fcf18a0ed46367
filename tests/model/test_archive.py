import hashlib
import json

import pytest

from brainseg.core.errors import UserError
from brainseg.data.model_file import CARD, RECORD, read_parts, write_parts
from brainseg.model.archive import read_model
from brainseg.model.card import card
from tests.model import small_model


def test_a_model_file_is_read_as_it_was_written(tmp_path):
    written = small_model.write(tmp_path / "m.zip", networks=2)
    read = read_model(tmp_path / "m.zip")
    assert read.record == written.record and read.parts == written.parts
    assert read.sha256 == written.sha256
    assert read.card.startswith("# small\n")


def test_the_same_model_gives_the_same_bytes(tmp_path):
    for name in ("one.zip", "two.zip"):
        small_model.write(tmp_path / name)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_another_threshold_is_another_model(tmp_path):
    one = small_model.write(tmp_path / "one.zip")
    two = small_model.write(tmp_path / "two.zip", name="other")
    assert one.sha256 != two.sha256


def rewritten(path, **changes) -> None:
    parts = read_parts(path)
    parts[RECORD] = json.dumps(json.loads(parts[RECORD]) | changes).encode()
    write_parts(path, parts)


def test_a_file_of_before_channels_had_names_opens(tmp_path):
    path = tmp_path / "m.zip"
    written = small_model.write(path)
    parts = read_parts(path)
    older = json.loads(parts[RECORD])
    del older["channels"], older["scores"]["hd95_mm_median"]
    parts[RECORD] = json.dumps(older | {"schema_version": 1}).encode()
    write_parts(path, parts)
    found = read_model(path)
    assert found.record == written.record.model_copy(update={"schema_version": 1})
    assert found.record.channels == ["pre_contrast", "flair", "post_contrast"]


def training(person_pattern: str) -> dict:
    known = [{"person_pattern": person_pattern, "salt": "s", "hashes": []}]
    return small_model.record().training.model_dump(mode="json") | {"known": known}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schema_version": 3}, "has schema version 3; this brainseg reads up to 2; update it"),
        ({"schema_version": "1"}, "schema_version is '1'; expected a whole number from 1"),
        ({"schema_version": None}, "schema_version is 'None'; expected a whole number from 1"),
        ({"extra": 1}, "model.json: extra: Extra inputs are not permitted"),
        ({"networks": []}, "model.json: networks: List should have at least 1 item"),
        ({"preprocess": {}}, "model.json: preprocess.side_px: Field required"),
        ({"failure_warning": {"certainty": ["x"], "dsc": []}}, "failure_warning.certainty.0: Input should be a valid"),
        (
            {"failure_warning": {"certainty": [0.5], "dsc": []}},
            "failure_warning: Value error, certainty has 1 values and dsc 0; expected as many",
        ),
        (
            {"inference": {"flips": True, "precision": "fp32", "heads": "last", "prune_to": 9}},
            "model.json: inference.prune_to: Input should be less than or equal to 7",
        ),
        ({"training": training("(")}, "training.known.0.person_pattern: Value error, '('; expected auto, or a regular"),
        ({"training": training("anna")}, "training.known.0.person_pattern: Value error, 'anna'; expected auto, or a"),
        ({"training_range": {"head_share": {"low": 1.0, "high": 0.0}}}, "low is 1.0; expected at most high, 0.0"),
    ],
)
def test_a_record_of_another_form_is_refused(tmp_path, changes, message):
    path = tmp_path / "m.zip"
    small_model.write(path)
    rewritten(path, **changes)
    with pytest.raises(UserError) as caught:
        read_model(path)
    assert message in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("text", [b"\xff\xfe", b"# small\n\nA medical device.\n"])
def test_another_card_in_the_file_is_not_shown(tmp_path, text):
    """A card could promise anything. One with an older wording is no fault of the file."""
    path = tmp_path / "m.zip"
    small_model.write(path)
    parts = read_parts(path)
    record = json.loads(parts[RECORD])
    record["sha256"][CARD] = hashlib.sha256(text).hexdigest()
    write_parts(path, parts | {CARD: text, RECORD: json.dumps(record).encode()})
    model = read_model(path)
    assert model.card == card(model.record) and "not a medical device" in model.card


def test_a_part_that_no_network_names_is_refused(tmp_path):
    model = small_model.write(tmp_path / "m.zip", networks=2)
    rewritten(tmp_path / "m.zip", networks=[model.record.networks[0].model_dump(mode="json")])
    with pytest.raises(UserError, match="'weights/1.safetensors' is missing, or is no part of a model file"):
        read_model(tmp_path / "m.zip")
