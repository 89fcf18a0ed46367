"""Errors that a user can correct are printed as one line, without a traceback."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType


class UserError(Exception):
    """Something given to brainseg is wrong: a setting, a file, a data set.

    The message contains the given value, the allowed values and a remedy. Several
    faults found together are several lines.
    """


@contextmanager
def report_errors() -> Iterator[None]:
    """Print a UserError or an operating-system error on stderr and exit with code 1; at Ctrl-C with 130."""
    try:
        yield
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        raise SystemExit(130) from None  # the exit code that shells use for Ctrl-C
    except UserError as error:
        fault = str(error)
    except OSError as error:  # a full disk, a file that may not be read
        where = f"{error.filename}: " if error.filename else ""
        fault = f"{where}{error.strerror or error}"
    else:
        return
    for line in fault.splitlines():
        print(f"error: {line}", file=sys.stderr)
    raise SystemExit(1)


def report_interruption(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """A sys.excepthook that prints no traceback at Ctrl-C."""
    if issubclass(kind, KeyboardInterrupt):
        print("interrupted", file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, trace)
