"""The state of a training that is under way, copied to the DVC remote, where another node finds it.

Training writes its state after each epoch to `runs/unfinished/KEY.pt` (training/checkpoint.py). KEY is a fingerprint
of all that determines the result. So a state of other settings, code or hardware is never taken up.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from brainseg.sweep.cluster.remote import Remote

LOOK_EVERY_SECONDS = 0.5
PLACE = "unfinished"


class Unfinished:
    """The state of one row's training. folder: the `runs/unfinished` that the training writes to."""

    def __init__(self, remote: Remote, row: str, folder: Path, note: Callable[[str], None]) -> None:
        self.remote, self.row, self.folder, self.note = remote, row, folder, note
        self._uploaded: dict[str, int] = {}  # file -> its time of change, in ns

    def download(self) -> None:
        """Put what another node left of this row where the training looks for it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in self.remote.download(self.folder, PLACE, self.row):
            self._uploaded[name] = (self.folder / name).stat().st_mtime_ns

    @contextmanager
    def uploading(self) -> Iterator[None]:
        """Upload the state whenever it has changed. Training does not wait: a slow upload leaves out epochs."""
        over = threading.Event()
        thread = threading.Thread(target=self._follow, args=(over,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def upload(self) -> None:
        for path in self.folder.glob("*.pt"):
            try:
                changed = path.stat().st_mtime_ns
                if self._uploaded.get(path.name) != changed:
                    self.remote.upload(path, PLACE, self.row, path.name)
                    self._uploaded[path.name] = changed
            except FileNotFoundError:
                if path.exists():  # it is the remote that lacks something
                    raise

    def remove(self) -> None:
        """Remove the row's state from the remote, once the row is finished."""
        self.remote.remove(PLACE, self.row)

    def _follow(self, over: threading.Event) -> None:
        answered = True
        while not over.wait(LOOK_EVERY_SECONDS):
            try:
                self.upload()
                answered = True
            except Exception as error:  # of the remote; the training itself needs none
                if answered:
                    self.note(f"the training's state was not uploaded ({' '.join(str(error).split())}); trying again")
                answered = False
