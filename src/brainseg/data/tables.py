"""The tables of metrics/ and plots/, as CSV files."""

from collections.abc import Sequence
from io import StringIO
from pathlib import Path

import pandas as pd

from brainseg.core.errors import UserError, escaped, shown
from brainseg.core.files import LONGEST_LIST, REMEDY, atomic_write

NAMES = ("patient", "institution")  # text also where they look like numbers: 007


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write without the index; line ends are the same on every system, since DVC compares bytes."""
    with atomic_write(path) as tmp_path:
        table.to_csv(tmp_path, index=False, lineterminator="\n")


def read_table(path: Path, numbers: Sequence[str] = (), text: Sequence[str] = ()) -> pd.DataFrame:
    """A table with at least these columns, of numbers and of text; a UserError for any other file.

    The word "none" is read as text; empty fields are nan.
    """
    try:
        content = path.read_text(encoding="utf-8")
        if not content.endswith("\n"):
            raise ValueError("it breaks off within a line")
        table = pd.read_csv(StringIO(content), keep_default_na=False, na_values=[""], dtype=dict.fromkeys(NAMES, str))
        if not isinstance(table.index, pd.RangeIndex):  # with too many values pandas uses the first as index
            raise ValueError("its rows have more values than the header")
    except ValueError as error:  # includes errors of UTF-8 and CSV
        raise UserError(
            f"{path}: not a whole CSV file ({' '.join(str(error).split())[:LONGEST_LIST]}); {REMEDY}"
        ) from None
    if missing := [column for column in (*numbers, *text) if column not in table]:
        has = escaped(", ".join(table)[:LONGEST_LIST])[:LONGEST_LIST]
        raise UserError(f"{path}: lacks the columns {', '.join(missing)}; it has {has}; {REMEDY}")
    if table.empty:
        raise UserError(f"{path}: has no rows; {REMEDY}")
    for column in numbers:
        if not pd.api.types.is_numeric_dtype(table[column]):
            wrong = next((value for value in table[column] if not _is_number(value)), _longest(table[column]))
            raise UserError(f"{path}: {column} is {shown(wrong)} in a row; expected a number; {REMEDY}")
    return table


def _is_number(value: object) -> bool:
    try:
        float(value)  # type: ignore[arg-type]
    except (ValueError, TypeError, OverflowError):
        return False
    return True


def _longest(values: pd.Series) -> object:
    """A whole number of more digits than any type holds is why a column of numbers is none."""
    return max(values, key=lambda value: len(str(value)))
