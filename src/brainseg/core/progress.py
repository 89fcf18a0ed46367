"""A progress bar with the time left on a terminal; in a log no bar, only plain lines. All bars have one style."""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partialmethod
from statistics import median
from typing import Any, TypeVar

from tqdm import tqdm

from brainseg.core.process import is_other_process

LONGEST_LABEL = 34  # characters; all of it is up to 80 wide
BAR = f"{{desc:<{LONGEST_LABEL}}} {{bar:20}} {{n_fmt:>5}}/{{total_fmt}}  {{remaining}} left"
COUNT = f"{{desc:<{LONGEST_LABEL}}} {{n_fmt:>5}} in {{elapsed}}"  # where the number of items is not known
Item = TypeVar("Item")


def progress(items: Iterable[Item], label: str, total: int | None = None) -> Iterable[Item]:
    return bar(items, label, total)


def bar(items: Iterable[Item] | None, label: str, total: int | None = None) -> tqdm:
    """A bar over items. Without items it is updated by hand, and closed as a context manager is."""
    style = _style()
    if total is None and not hasattr(items, "__len__"):
        style["bar_format"] = COUNT
    # smoothing=0: the time left follows from the mean of all items so far
    return tqdm(items, desc=label[:LONGEST_LABEL], total=total, leave=False, smoothing=0, **style)


def _style() -> dict[str, Any]:
    colour = None if os.environ.get("NO_COLOR") else "cyan"
    on_terminal = sys.stderr is not None and sys.stderr.isatty() and not is_other_process()
    return {"bar_format": BAR, "colour": colour, "disable": not on_terminal}


@contextmanager
def same_style() -> Iterator[None]:
    """While this is open, bars of libraries that download, such as kagglehub's, look like ours."""
    its_own = tqdm.__init__
    tqdm.__init__ = partialmethod(its_own, **_style())
    try:
        yield
    finally:
        tqdm.__init__ = its_own


def above_bar() -> AbstractContextManager[None]:
    """While this is open, what is printed stands above any bar that is being shown."""
    return tqdm.external_write_mode()


def ends_in(seconds: Sequence[float], left: int) -> str:
    """ ", ends in 12 min", where `left` more take as long as the median of those before; "" before the first."""
    return f", ends in {as_time(median(seconds) * left)}" if seconds else ""


def as_time(seconds: float) -> str:
    """40 s, 12 min or 1 h 40 min."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"


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
