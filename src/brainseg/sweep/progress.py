"""The progress of a sweep in epochs, and the remaining time."""

import re
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from pathlib import Path

from brainseg.core.progress import LONGEST_LABEL, as_time, bar
from brainseg.sweep.plan import Row

EPOCH = re.compile(r"^epoch +(\d+)/\d+ ", re.MULTILINE)  # the line that training prints
LOOK_EVERY_SECONDS = 1.0


class ProgressTracker:
    """Counts the epochs of all rows of a sweep: finished rows as they end, running rows from their logs."""

    def __init__(self, rows: Sequence[Row], log_of: Callable[[Row], Path]) -> None:
        self.rows, self.log_of = rows, log_of
        self.start = time.monotonic()
        self.ended: set[str] = set()
        self.failed: set[str] = set()

    def end(self, row: Row, failed: bool) -> None:
        self.ended.add(row.name)
        if failed:
            self.failed.add(row.name)

    @property
    def total(self) -> int:
        return sum(row.epochs for row in self._counted())

    def done(self) -> int:
        return sum(row.epochs if row.name in self.ended else self._trained(row) for row in self._counted())

    def eta(self) -> str:
        """Such as `about 1 h 20 min left`, if all epochs take equally long; "" before the first epoch."""
        done = self.done()
        if not done or done == self.total:
            return ""
        return f"about {as_time((time.monotonic() - self.start) * (self.total - done) / done)} left"

    @contextmanager
    def bar(self):
        """Shows a progress bar while the sweep runs, on a terminal only."""
        if not sys.stderr.isatty():
            yield
            return
        over = threading.Event()
        with bar(None, "epochs", self.total) as shown:

            def follow() -> None:
                while not over.wait(LOOK_EVERY_SECONDS):
                    running = [row.short for row in self.rows if self._runs(row)]
                    label = f"{len(self.ended)}/{len(self.rows)} rows; {', '.join(running)}"
                    shown.set_description_str(label[:LONGEST_LABEL])
                    shown.update(self.done() - shown.n)

            thread = threading.Thread(target=follow, daemon=True)
            thread.start()
            try:
                yield
            finally:
                over.set()
                thread.join()

    def _counted(self) -> list[Row]:
        """Rows that count. Failed rows do not: their epochs will not be trained, and their times are no estimate."""
        return [row for row in self.rows if row.name not in self.failed]

    def _trained(self, row: Row) -> int:
        seen = (
            EPOCH.findall(self.log_of(row).read_text(encoding="utf-8", errors="replace"))
            if self.log_of(row).exists()
            else []
        )
        return min(int(seen[-1]), row.epochs) if seen else 0

    def _runs(self, row: Row) -> bool:
        return row.name not in self.ended and self.log_of(row).exists()
