"""A model file on disk: a zip archive with model.json, card.md, and the weights of each network.

Parts are stored without compression, so an archive cannot unpack to more than its own size. Parts are read into
memory and never extracted. Nothing in them is executed: weights are safetensors, the rest is text and ONNX.
"""

import hashlib
import json
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

from pydantic import ValidationError

from brainseg.core.errors import UserError
from brainseg.core.files import write_bytes
from brainseg.model.record import SCHEMA, ModelRecord

RECORD, CARD = "model.json", "card.md"
MAX_TEXT_BYTES = 32 * 2**20
FIRST_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip archive can state


class Model:
    """A model file in memory. parts: path inside the file -> content, all but model.json."""

    def __init__(self, record: ModelRecord, parts: Mapping[str, bytes], path: Path | None = None) -> None:
        self.record, self.parts, self.path = record, dict(parts), path

    @property
    def card(self) -> str:
        return self.parts[CARD].decode()

    @property
    def sha256(self) -> str:
        """Digest of the content; equal for two files that hold the same model."""
        return hashlib.sha256(_record_bytes(self.record)).hexdigest()


def write_model(path: Path, record: ModelRecord, parts: Mapping[str, bytes]) -> Model:
    """Write a model file; the same record and parts give the same bytes."""
    digests = {name: hashlib.sha256(parts[name]).hexdigest() for name in sorted(parts)}
    record = record.model_copy(update={"sha256": digests})
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in [(RECORD, _record_bytes(record)), *sorted(parts.items())]:
            member = zipfile.ZipInfo(name, FIRST_DATE)
            member.create_system, member.external_attr = 3, 0o644 << 16  # the same on every system
            archive.writestr(member, content)
    write_bytes(path, buffer.getbuffer())
    return Model(record, parts, path)


def read_model(path: Path) -> Model:
    """A model file, checked: a UserError for anything that `write_model` does not write, or with other content."""
    if not path.is_file():
        raise UserError(f"{path}: no such file; expected a model file that `brainseg pack` wrote")
    try:
        with zipfile.ZipFile(path) as archive:
            contents = _read_parts(path, archive)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise UserError(f"{path}: not a whole model file ({' '.join(str(error).split())[:100]})") from None
    record = _parse_record(path, contents.pop(RECORD))
    _check_parts(path, record, contents)
    return Model(record, contents, path)


def _read_parts(path: Path, archive: zipfile.ZipFile) -> dict[str, bytes]:
    members = archive.infolist()
    names = [member.filename for member in members]
    if RECORD not in names:
        raise UserError(f"{path}: holds no {RECORD}; expected a model file that `brainseg pack` wrote")
    for member in members:
        if member.compress_type != zipfile.ZIP_STORED or member.flag_bits & 1:
            raise UserError(f"{path}: {member.filename[:100]!r} is compressed or encrypted; expected stored parts")
        if names.count(member.filename) > 1:
            raise UserError(f"{path}: holds {member.filename[:100]!r} twice")
    if sum(member.file_size for member in members) > path.stat().st_size:
        raise UserError(f"{path}: its parts overlap: together they are larger than the file")
    for name in (RECORD, CARD):
        if name in names and archive.getinfo(name).file_size > MAX_TEXT_BYTES:
            raise UserError(f"{path}: {name} is larger than {MAX_TEXT_BYTES // 2**20} MiB")
    return {name: archive.read(name) for name in names}


def _parse_record(path: Path, content: bytes) -> ModelRecord:
    try:
        values = json.loads(content)
        version = values["schema_version"]
        if not isinstance(version, int) or version < 1:
            raise ValueError(f"schema_version is {str(version)[:20]!r}")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UserError(f"{path}: {RECORD} is damaged ({type(error).__name__}: {str(error)[:100]})") from None
    if version > SCHEMA:
        raise UserError(f"{path}: has schema version {version}, this brainseg reads up to {SCHEMA}; install a newer one")
    try:
        return ModelRecord.model_validate_json(content)
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(map(str, fault["loc"]))[:100]
        raise UserError(f"{path}: {RECORD}: {where}: {fault['msg'][:100]}") from None


def _check_parts(path: Path, record: ModelRecord, parts: Mapping[str, bytes]) -> None:
    named = {CARD, *(network.weights for network in record.networks)}
    named |= {network.onnx for network in record.networks if network.onnx}
    if named != record.sha256.keys() or named != parts.keys():
        odd = sorted(named ^ parts.keys()) or sorted(named ^ record.sha256.keys())
        raise UserError(f"{path}: {odd[0][:100]!r} is missing, or is no part of a model file")
    for name, content in parts.items():
        if hashlib.sha256(content).hexdigest() != record.sha256[name]:
            raise UserError(f"{path}: {name} is not what was packed: its SHA-256 differs from {RECORD}")


def _record_bytes(record: ModelRecord) -> bytes:
    return (json.dumps(record.model_dump(mode="json"), indent=1, sort_keys=True) + "\n").encode()
