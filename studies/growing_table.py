"""A CSV to which a long study adds a row after each run, so that it can be stopped and continued."""

from pathlib import Path

import pandas as pd


def find(path: Path, **wanted: object) -> dict[str, str] | None:
    """The last row that has these values, all as they are written; None if there is none."""
    if not path.exists():
        return None
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    for column, value in wanted.items():
        rows = rows[rows[column] == str(value)]
    return None if rows.empty else rows.iloc[-1].to_dict()


def append(path: Path, rows: pd.DataFrame) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows.to_csv(path, mode="a", header=not path.exists(), index=False, lineterminator="\n")
