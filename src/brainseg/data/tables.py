"""Tables as CSV files."""

from pathlib import Path

import pandas as pd

from brainseg.core.files import written_whole

NAMES = ("patient", "institution")  # words also where they look like numbers: 007


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Without the index; one line end everywhere, as DVC compares bytes."""
    with written_whole(path) as aside:
        table.to_csv(aside, index=False, lineterminator="\n")


def read_table(path: Path) -> pd.DataFrame:
    """The word "none" stays a word; empty fields are nan."""
    return pd.read_csv(path, keep_default_na=False, na_values=[""], dtype=dict.fromkeys(NAMES, str))
