"""Records of failed rows, so that they are not run again each time."""

import json
from dataclasses import dataclass
from pathlib import Path

from brainseg.core.files import write_json
from brainseg.sweep.plan import Row


@dataclass(frozen=True)
class Failures:
    """One file per failed row, with its commit and settings: with others it may succeed."""

    folder: Path
    head: str

    def reason(self, row: Row) -> str | None:
        """Why the row failed the last time; None if it did not fail, or had another commit or other settings."""
        try:
            record = json.loads(self._path(row).read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):  # ValueError: the file is incomplete, as after a full disk
            return None
        return record["reason"] if (record["commit"], record["settings"]) == (self.head, row.params) else None

    def remember(self, row: Row, reason: str) -> None:
        write_json(self._path(row), {"reason": reason, "commit": self.head, "settings": row.params})

    def forget(self, row: Row) -> None:
        self._path(row).unlink(missing_ok=True)

    def _path(self, row: Row) -> Path:
        return self.folder / f"{row.short}.failed"
