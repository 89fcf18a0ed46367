"""Rows that failed, remembered, so that they are not run in vain each time."""

import json
from dataclasses import dataclass
from pathlib import Path

from brainseg.core.files import write_json
from brainseg.sweep.plan import Row


@dataclass(frozen=True)
class Failures:
    """Each in a file of its own, with the commit and the settings that it failed with: others may well do."""

    folder: Path
    head: str

    def reason(self, row: Row) -> str | None:
        """Why the row failed the last time; None if it did not, or was another then."""
        try:
            record = json.loads(self._path(row).read_text())
        except (FileNotFoundError, ValueError):  # ValueError: cut off by a full disk
            return None
        return record["reason"] if (record["commit"], record["settings"]) == (self.head, row.params) else None

    def remember(self, row: Row, reason: str) -> None:
        write_json(self._path(row), {"reason": reason, "commit": self.head, "settings": row.params})

    def forget(self, row: Row) -> None:
        self._path(row).unlink(missing_ok=True)

    def _path(self, row: Row) -> Path:
        return self.folder / f"{row.short}.failed"
