"""Files are written aside and renamed: a reader never meets half of one."""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A temporary path beside `path`; renamed to it at the end, removed on any error.

    Always the same one: what a killed process left there the next one overwrites.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".aside.{path.name}")
    try:
        yield aside
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    with written_whole(path) as aside:
        aside.write_text(json.dumps(content, indent=2) + "\n")


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """One line end everywhere: DVC compares bytes."""
    with written_whole(path) as aside, aside.open("w", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def write_bytes(path: Path, content: bytes | memoryview) -> None:
    with written_whole(path) as aside:
        aside.write_bytes(content)


def write_npz(path: Path, arrays: Mapping[str, np.ndarray], *, compress: bool = False) -> None:
    """The same arrays give the same bytes: numpy dates every member of the archive 1980."""
    with written_whole(path) as aside:
        (np.savez_compressed if compress else np.savez)(aside, **arrays)
