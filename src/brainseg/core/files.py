"""Files are written under a temporary name and renamed, so no file is incomplete; files are checked on reading."""

import csv
import errno
import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from brainseg.core.errors import UserError, escaped, shown

LONGEST_NAME_BYTES = 255 - len(".aside.")
LONGEST_LIST = 300  # characters of a list in a message
REMEDY = "delete it, then `dvc repro` writes it again"
ArrayForm = tuple[type | tuple[type, ...], int]  # dtype and dimensions


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """A temporary path beside `path`; renamed to it at the end, removed on any error.

    The temporary path is always the same, so the remains of a killed process are overwritten.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    name = path.name
    if len(name.encode()) > LONGEST_NAME_BYTES:
        name = hashlib.sha256(name.encode()).hexdigest() + path.suffix
    tmp_path = path.with_name(f".aside.{name}")
    try:
        yield tmp_path
        tmp_path.replace(path)
    except OSError as error:
        if error.filename is None:  # of a full disk: the system names a file only where it opens one
            error.filename = str(path)
        raise
    finally:
        tmp_path.unlink(missing_ok=True)


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    with atomic_write(path) as tmp_path:
        tmp_path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file; a UserError if it is damaged or holds something else."""
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:  # errors of JSON and of UTF-8
        raise UserError(f"{path}: not valid JSON ({error}); {REMEDY}") from None
    if not isinstance(content, dict):
        raise UserError(f"{path}: holds a {type(content).__name__}; expected keys and values")
    return content


def read_json_value(path: Path, key: str, kind: type) -> Any:
    """The value under a dotted key of a JSON file; a UserError if it is missing or not of this type."""
    value: Any = read_json(path)
    for part in key.split("."):
        if not isinstance(value, Mapping) or part not in value:
            raise UserError(f"{path}: {key} is missing; {REMEDY}")
        value = value[part]
    if not isinstance(value, kind):
        raise UserError(f"{path}: {key} is {shown(value)}; expected {kind.__name__}")
    return value


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """One line end everywhere: DVC compares bytes."""
    with atomic_write(path) as tmp_path, tmp_path.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def read_csv(path: Path, columns: Sequence[str], remedy: str = REMEDY) -> list[dict[str, str]]:
    """The rows of a CSV file that has these columns, values as text; a UserError for any other file."""
    try:
        content = path.read_bytes().decode()
        table = csv.DictReader(io.StringIO(content, newline=""), strict=True)
        header = table.fieldnames or ()
        if missing := [column for column in columns if column not in header]:
            has = escaped(", ".join(header)[:LONGEST_LIST])[:LONGEST_LIST] or "none"
            raise UserError(f"{path}: lacks the columns {', '.join(missing)}; it has {has}")
        if not content.endswith("\n"):  # the last value may be cut short: another patient's name
            raise UserError(f"{path}: its last line has no line end, so it may be cut short; {remedy}")
        rows = list(table)
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path}: not a CSV file in UTF-8 ({error}); {remedy}") from None
    for number, row in enumerate(rows, start=2):
        if None in row or None in row.values():
            raise UserError(f"{path}, line {number}: has another number of values than the header; {remedy}")
    return rows


def write_bytes(path: Path, content: bytes | memoryview) -> None:
    with atomic_write(path) as tmp_path:
        tmp_path.write_bytes(content)


def write_npz(path: Path, arrays: Mapping[str, np.ndarray], *, compress: bool = False) -> None:
    """The same arrays give the same bytes: numpy sets the date of every archive member to 1980."""
    with atomic_write(path) as tmp_path:
        (np.savez_compressed if compress else np.savez)(tmp_path, **arrays)


def read_npz(
    path: Path, expected: Mapping[str, ArrayForm], optional: Mapping[str, ArrayForm] | None = None
) -> dict[str, np.ndarray]:
    """The arrays of these names, each of the dtype and number of dimensions given; a UserError for any other file.

    A form may allow several dtypes; text has np.str_, of any length. optional: arrays that the file may lack.
    """
    forms = {**expected, **(optional or {})}
    try:
        with np.load(path) as archive:
            arrays = {name: archive[name] for name in forms if name in expected or name in archive}
    except MemoryError:
        raise UserError(f"{path}: does not fit into memory") from None
    except Exception as error:  # a damaged archive can raise nearly anything
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise  # missing or unreadable: the file itself may be undamaged
        raise UserError(f"{path}: cannot be read ({type(error).__name__}); {REMEDY}") from None
    for name, array in arrays.items():
        dtypes, dimensions = forms[name]
        dtypes = dtypes if isinstance(dtypes, tuple) else (dtypes,)
        right = array.dtype in dtypes or (array.dtype.kind == "U" and np.str_ in dtypes)
        if not right or array.ndim != dimensions:
            wanted = f"{dimensions} dimensions of {' or '.join(str(np.dtype(dtype)) for dtype in dtypes)}"
            raise UserError(f"{path}: {name} is {array.shape} of {array.dtype}; expected {wanted}; {REMEDY}")
    return arrays
