"""A progress bar with the time left on a terminal; in a log no bar, only plain lines."""

import sys
from collections.abc import Iterable
from typing import TypeVar

from tqdm import tqdm

Item = TypeVar("Item")


def progress(items: Iterable[Item], label: str, total: int | None = None) -> Iterable[Item]:
    return tqdm(items, desc=label, total=total, disable=not sys.stderr.isatty(), leave=False)


def print_line(line: str) -> None:
    """A line of plain text above any bar that is being shown."""
    tqdm.write(line)
    sys.stdout.flush()


def print_error(line: str) -> None:
    """A line on stderr, for one fault of several; the work goes on."""
    tqdm.write(f"error: {line}", file=sys.stderr)
