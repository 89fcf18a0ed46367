"""A model file in memory: its record and its parts."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from brainseg.core.errors import UserError
from brainseg.data.model_file import CARD, RECORD, read_parts, write_parts
from brainseg.model.card import card
from brainseg.model.record import ModelRecord


@dataclass(frozen=True)
class Model:
    """parts: path inside the file -> content, of all parts but model.json."""

    path: Path
    record: ModelRecord
    parts: Mapping[str, bytes]

    @property
    def card(self) -> str:
        """The card of the record, whatever card.md holds: only the record is checked."""
        return card(self.record)

    @property
    def sha256(self) -> str:
        """Digest of the content; equal for two files that hold the same model."""
        return hashlib.sha256(_to_json(self.record)).hexdigest()


def write_model(path: Path, record: ModelRecord, parts: Mapping[str, bytes]) -> Model:
    """Write a model file with the card of this record; the same record and parts give the same bytes."""
    parts = dict(parts) | {CARD: card(record).encode()}
    digests = {name: hashlib.sha256(parts[name]).hexdigest() for name in sorted(parts)}
    record = record.model_copy(update={"sha256": digests})
    write_parts(path, {RECORD: _to_json(record), **parts})
    return Model(path, record, parts)


def read_model(path: Path) -> Model:
    """A model file, checked: a UserError for anything that `write_model` does not write, or with other content."""
    parts = read_parts(path)
    try:
        record = ModelRecord.model_validate_json(parts.pop(RECORD))
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(map(str, fault["loc"]))[:100]
        raise UserError(f"{path}: {RECORD}: {where}: {fault['msg'][:100]}") from None
    named = {CARD, *(network.weights for network in record.networks)}
    named |= {network.onnx for network in record.networks if network.onnx}
    if odd := sorted(named ^ parts.keys()):
        raise UserError(f"{path}: {odd[0][:100]!r} is missing, or is no part of a model file")
    return Model(path, record, parts)


def _to_json(record: ModelRecord) -> bytes:
    return (json.dumps(record.model_dump(mode="json"), indent=1, sort_keys=True) + "\n").encode()
