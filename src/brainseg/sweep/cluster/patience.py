"""Tries again what fails while a remote does not answer, for a limited time."""

import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE_SECONDS = 300.0
LONGEST_WAIT_SECONDS = 30.0
Result = TypeVar("Result")


class OutOfPatienceError(Exception):
    """What was tried failed for too long: the last reason, in one line."""


def patiently(
    action: Callable[[], Result],
    task: str,
    note: Callable[[str], None],
    final: tuple[type[Exception], ...] = (),
    seconds: float | None = None,
) -> Result:
    """The action's result. After an exception it is tried again, first after 1 s, then after twice as long each time.

    task: such as `dvc push`. note: told in one line of each failure. final: exceptions that are not tried again.
    Raises OutOfPatienceError if it still fails after `seconds`, by default PATIENCE_SECONDS.
    """
    seconds = PATIENCE_SECONDS if seconds is None else seconds
    end, wait = time.monotonic() + seconds, 1.0
    while True:
        try:
            return action()
        except final:
            raise
        except Exception as error:  # a remote's own types are many
            why = f"{task} failed: {' '.join(str(error).split()) or type(error).__name__}"
        left = end - time.monotonic()
        if left <= 0:
            raise OutOfPatienceError(f"{why} (tried for {seconds:.0f} s)")
        wait = min(wait, left, LONGEST_WAIT_SECONDS)
        note(f"{why}; once more in {wait:.0f} s")
        time.sleep(wait)
        wait *= 2
