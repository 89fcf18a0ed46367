"""Errors that a user can correct are printed as one line, without a traceback."""

import reprlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

MOST_FAULTS = 100  # lines that are printed; the rest is counted
LONGEST_LINE = 1000  # characters
LONGEST_VALUE = 120


class _Short(reprlib.Repr):
    """A value can have gigabytes: nested aliases of YAML expand to it."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel, self.maxlist = 4, 12
        self.maxstring = self.maxother = LONGEST_VALUE

    def repr_dict(self, value: dict, level: int) -> str:  # reprlib's own sorts the keys
        if level <= 0:
            return "{...}"
        pairs = [f"{self.repr1(key, level - 1)}: {self.repr1(value[key], level - 1)}" for key in [*value][:12]]
        return "{" + ", ".join([*pairs, "..."] if len(value) > 12 else pairs) + "}"


_short = _Short()


class UserError(Exception):
    """Something given to brainseg is wrong: a setting, a file, a data set.

    The message contains the given value, the allowed values and a remedy. Several
    faults found together are several lines.
    """


def shown(value: Any) -> str:
    """A value as Python writes it, cut to LONGEST_VALUE characters."""
    try:
        text = _short.repr(value)
    except ValueError:  # Python does not write whole numbers of more than 4,300 digits
        return "a number of thousands of digits"
    return text if len(text) <= LONGEST_VALUE + 2 else f"{text[:LONGEST_VALUE]}..."


def escaped(text: str) -> str:
    """The text with line ends and other control characters as Python writes them, so that it is one line."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape", "backslashreplace").decode()
        for character in text
    )


def joined(faults: list[str]) -> UserError:
    """One error of several faults, a line each, also where a fault names a file with a line end in its name."""
    return UserError("\n".join(map(escaped, faults)))


@contextmanager
def report_errors() -> Iterator[None]:
    """Print a UserError, an operating-system error or a lack of memory on stderr and exit with code 1.

    At Ctrl-C the code is 130.
    """
    try:
        yield
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        raise SystemExit(130) from None  # the exit code that shells use for Ctrl-C
    except UserError as error:
        fault = str(error)
    except OSError as error:  # a full disk, a file that may not be read
        where = f"{escaped(str(error.filename))}: " if error.filename else ""
        fault = f"{where}{error.strerror or error}"
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        fault = "no memory left; lower preprocess.side_px, train.batch_size or the network's size, or use fewer slices"
    else:
        return
    lines = fault.split("\n")  # not splitlines: it also splits where a name has U+2028
    for line in lines[:MOST_FAULTS]:
        cut = f"{line[:LONGEST_LINE]}... ({len(line):,} characters)" if len(line) > LONGEST_LINE else line
        print(f"error: {escaped(cut)}", file=sys.stderr)
    if len(lines) > MOST_FAULTS:
        print(f"error: and {len(lines) - MOST_FAULTS:,} more faults", file=sys.stderr)
    raise SystemExit(1)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether Python, NumPy or PyTorch could not get memory; PyTorch raises a RuntimeError on the CPU."""
    words = ("DefaultCPUAllocator", "not enough memory", "out of memory")
    return isinstance(error, MemoryError) or any(word in str(error) for word in words)


def report_interruption(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """A sys.excepthook that prints no traceback at Ctrl-C."""
    if issubclass(kind, KeyboardInterrupt):
        print("interrupted", file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, trace)
