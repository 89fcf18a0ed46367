"""A progress bar with the time left on a terminal; in a log no bar, only plain lines."""

import os
import sys
from collections.abc import Iterable
from typing import TypeVar

from tqdm import tqdm

from brainseg.core.process import is_other_process

Item = TypeVar("Item")


def progress(items: Iterable[Item], label: str, total: int | None = None) -> Iterable[Item]:
    on_terminal = sys.stderr is not None and sys.stderr.isatty() and not is_other_process()
    return tqdm(items, desc=label, total=total, disable=not on_terminal, leave=False)


def print_line(line: str) -> None:
    """A line of plain text above any bar that is being shown.

    The work goes on, and its exit code stays, where stdout cannot take the line: closed, full, or a reader that left,
    as `head` does. Characters that the locale lacks are escaped.
    """
    if sys.stdout is None:
        return
    encoding = sys.stdout.encoding or "utf-8"
    try:
        tqdm.write(line.encode(encoding, "backslashreplace").decode(encoding))
        sys.stdout.flush()
    except BrokenPipeError:
        _print_nothing_more()
    except OSError as error:
        _print_nothing_more()
        print(f"note: stdout takes no more lines ({error.strerror or error})", file=sys.stderr)


def _print_nothing_more() -> None:
    """Send the rest to /dev/null: what is left in the buffer would fail again when Python ends, with another code."""
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123  (a device, not a path of the project)
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def print_error(line: str) -> None:
    """A line on stderr, for one fault of several; the work goes on."""
    tqdm.write(f"error: {line}", file=sys.stderr)
