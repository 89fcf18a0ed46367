"""The parts of a model file: a zip archive with model.json, card.md, and the weights of each network.

Parts are stored without compression, so an archive cannot unpack to more than its own size. They are read into
memory and never extracted, and nothing in them is executed. brainseg.model knows what the parts hold.
"""

import hashlib
import json
import re
import zipfile
from collections.abc import Collection, Iterable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from brainseg.core.errors import UserError
from brainseg.core.files import write_bytes

RECORD, CARD = "model.json", "card.md"
SCHEMA = 2  # of the record; a reader refuses a later one. 2: names the channels of a scan
MAX_PARTS = 1000
MAX_TEXT_BYTES = 32 * 2**20
FIRST_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip archive can state
NOT_WHOLE = (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError, OverflowError)


def write_parts(path: Path, parts: Mapping[str, bytes]) -> None:
    """Write the archive, model.json first; the same parts give the same bytes."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(parts, key=lambda name: (name != RECORD, name)):
            member = zipfile.ZipInfo(name, FIRST_DATE)
            member.create_system, member.external_attr = 3, 0o644 << 16  # the same on every system
            archive.writestr(member, parts[name])
    write_bytes(path, buffer.getbuffer())


def read_parts(path: Path) -> dict[str, bytes]:
    """Path inside the file -> content, model.json among them, each with the SHA-256 that model.json states.

    Raises UserError for anything that `write_parts` does not write.
    """
    if not path.is_file():
        raise UserError(f"{path}: no such file; expected a model file that `brainseg pack` wrote")
    try:
        with zipfile.ZipFile(path) as archive:
            _refuse_odd_members(path, archive.infolist())
            parts = {name: archive.read(name) for name in archive.namelist()}
    except NOT_WHOLE as error:
        raise UserError(f"{path}: not a whole model file ({' '.join(str(error).split())[:100]})") from None
    record = read_record(path, parts)
    _refuse_other_schema(path, record.get("schema_version"))
    digests = record.get("sha256")
    if not isinstance(digests, dict) or digests.keys() | {RECORD} != parts.keys():
        raise UserError(f"{path}: its parts are not those that {RECORD} lists")
    for name, digest in digests.items():
        if hashlib.sha256(parts[name]).hexdigest() != digest:
            raise UserError(f"{path}: {name} is not what was packed: its SHA-256 differs from {RECORD}")
    return parts


def read_record(path: Path, parts: Mapping[str, bytes]) -> dict[str, Any]:
    """model.json as plain values; a UserError if it is damaged."""
    try:
        record = json.loads(parts[RECORD])
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: {RECORD} is damaged ({str(error)[:100]})") from None
    if not isinstance(record, dict):
        raise UserError(f"{path}: {RECORD} holds a {type(record).__name__}; expected keys and values")
    return record


def hash_person(person: str, salt: str) -> str:
    """SHA-256 of salt and name. It hides a name that nobody can guess; a list of names can be tested against it."""
    return hashlib.sha256(f"{salt}/{person}".encode()).hexdigest()


def is_known(patient: str, salt: str, hashes: Collection[str], patterns: Iterable[str]) -> bool:
    """Whether the patient's person, by any of the patterns, is among the hashes."""
    from brainseg.data.raw.patients import persons  # here: training reads model files without it

    return any(hash_person(persons([patient], pattern)[patient], salt) in hashes for pattern in patterns)


def known_persons(path: Path, patients: Iterable[str], person_pattern: str) -> list[str]:
    """Those of the patients whose person the model file's networks were trained or validated on.

    The person is that of each list's own pattern, or that of person_pattern: a name can be one person by either.
    """
    try:
        lists = read_record(path, read_parts(path))["training"]["known"]
        known = [(str(each["salt"]), set(each["hashes"]), {each["person_pattern"], person_pattern}) for each in lists]
        return [patient for patient in patients if any(is_known(patient, *each) for each in known)]
    except (LookupError, TypeError, re.error, OverflowError, RecursionError):  # no such values, no such pattern
        raise UserError(f"{path}: {RECORD} does not say whom the networks were trained on; pack it again") from None


def _refuse_other_schema(path: Path, version: object) -> None:
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise UserError(f"{path}: {RECORD}: schema_version is {str(version)[:20]!r}; expected a whole number from 1")
    if version > SCHEMA:
        raise UserError(f"{path}: has schema version {version}; this brainseg reads up to {SCHEMA}; update it")


def _refuse_odd_members(path: Path, members: list[zipfile.ZipInfo]) -> None:
    if len(members) > MAX_PARTS:
        raise UserError(f"{path}: holds {len(members):,} parts; expected at most {MAX_PARTS:,}")
    names: set[str] = set()
    if not any(member.filename == RECORD for member in members):
        raise UserError(f"{path}: holds no {RECORD}; expected a model file that `brainseg pack` wrote")
    for member in members:
        shown = repr(member.filename[:100])
        if member.compress_type != zipfile.ZIP_STORED or member.flag_bits & 1:
            raise UserError(f"{path}: {shown} is compressed or encrypted; expected stored parts")
        if member.filename in names:
            raise UserError(f"{path}: holds {shown} twice")
        names.add(member.filename)
        if member.filename in (RECORD, CARD) and member.file_size > MAX_TEXT_BYTES:
            raise UserError(f"{path}: {shown} is larger than {MAX_TEXT_BYTES // 2**20} MiB")
    if sum(member.file_size for member in members) > path.stat().st_size:
        raise UserError(f"{path}: its parts are larger than the file, so they overlap")
