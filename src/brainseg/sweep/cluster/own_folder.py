"""Folders of running rows on a node; those of killed processes are removed by the next row there."""

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

LOCK = ".lock"  # after the name of the folder that it is of


@contextmanager
def own_folder(parent: Path, name: str) -> Iterator[tuple[Path, int]]:
    """A new folder that begins with this name, removed at the end; and the descriptor of its lock.

    Subprocesses that get the descriptor hold the lock too: the folder is not removed while one of them runs.
    """
    parent.mkdir(parents=True, exist_ok=True)
    with FileLock(parent / "folders.lock"):
        _remove_left(parent)
        folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=parent))
        lock = folder.with_name(folder.name + LOCK).open("w")
        fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        yield folder, lock.fileno()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        Path(lock.name).unlink(missing_ok=True)
        lock.close()


def _remove_left(parent: Path) -> None:
    for path in parent.glob(f"*-*{LOCK}"):
        with path.open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue  # its process runs
            shutil.rmtree(path.with_name(path.name.removesuffix(LOCK)), ignore_errors=True)
            path.unlink(missing_ok=True)
