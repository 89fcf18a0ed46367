"""Resumes training that was stopped, from its state after the last epoch; stored outside the pipeline's outs.

DVC removes a stage's outs before it runs, and a queued experiment runs in a folder of its own.
So the state is stored in the project's `runs/unfinished`, under a fingerprint of everything that determines
the result. Only the same training finds it. A lock prevents two processes from running the same training.
"""

import hashlib
import io
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import scipy
import torch
from filelock import FileLock, Timeout

from brainseg.core.errors import UserError
from brainseg.core.files import atomic_write
from brainseg.core.progress import print_line
from brainseg.training.state import TrainingState
from brainseg.training.stored_rows import StoredRows

DIGEST_BYTES = hashlib.sha256().digest_size


class Checkpoint:
    """The file with the state of one training that was stopped before its end: a SHA-256, then torch's format."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def restore(self, state: TrainingState) -> None:
        """Load the last state of `write`; a damaged file, or one of another training, is ignored with a note."""
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return
        digest, payload = content[:DIGEST_BYTES], content[DIGEST_BYTES:]
        if hashlib.sha256(payload).digest() != digest:
            print_line(f"{self.path}: is damaged; training starts anew")
            return
        try:
            state.load_state_dict(torch.load(io.BytesIO(payload), map_location="cpu", weights_only=True))
        except (MemoryError, torch.OutOfMemoryError):  # the file is not damaged
            raise
        except Exception as error:  # torch raises many types for a state that does not fit
            print_line(f"{self.path}: is of another training ({type(error).__name__}); training starts anew")
            return
        print_line(f"going on after epoch {len(state.trained.history)}, where this training was stopped")

    def write(self, state: dict[str, Any]) -> None:
        buffer = io.BytesIO()
        torch.save(state, buffer)
        payload = buffer.getbuffer()
        with atomic_write(self.path) as tmp_path, tmp_path.open("wb") as file:
            file.write(hashlib.sha256(payload).digest())
            file.write(payload)

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)


@contextmanager
def open_checkpoint(folder: Path, key: str) -> Iterator[Checkpoint]:
    """The checkpoint under `key`, for this process alone; a UserError if another process has it."""
    folder.mkdir(parents=True, exist_ok=True)
    path, holder = folder / f"{key}.lock", folder / f"{key}.pid"
    lock = FileLock(path)  # released by the system when a process ends
    try:
        lock.acquire(timeout=0)
    except Timeout:
        try:
            process = holder.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:  # the other process has not written it yet
            process = "unknown"
        message = f"the same training runs already, as process {process}; wait for it, or end it"
        raise UserError(f"{path}: {message}") from None
    try:
        holder.write_text(str(os.getpid()))
        yield Checkpoint(checkpoint_path(folder, key))
    finally:
        holder.unlink(missing_ok=True)
        path.unlink(missing_ok=True)  # while the lock is held: a waiting process opens a new file
        lock.release()


def checkpoint_path(folder: Path, key: str) -> Path:
    return folder / f"{key}.pt"


def fingerprint(*parts: bytes | torch.Tensor | StoredRows) -> str:
    """A digest of settings, data, the project's code as loaded, and everything else that affects rounding."""
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, StoredRows):
            _add_stored(digest, part)
        else:
            _add(digest, part if isinstance(part, bytes) else part.cpu().contiguous().numpy())
    for name, path in _loaded_files():
        _add(digest, name.encode())
        _add(digest, path.read_bytes())
    versions = (torch.__version__, torch.backends.cudnn.version(), np.__version__, scipy.__version__)
    surroundings = (*versions, torch.get_num_threads(), torch.backends.cpu.get_cpu_capability())
    _add(digest, repr(surroundings).encode())
    return digest.hexdigest()[:16]


def _add(digest: Any, content: Any) -> None:
    view = memoryview(content)
    digest.update(view.nbytes.to_bytes(8, "little"))  # separates a part's end from the next part's start
    digest.update(view.cast("B") if view.nbytes else b"")


def _add_stored(digest: Any, rows: StoredRows) -> None:
    """As _add of the same rows in memory, so that training resumes from memory to disk and back."""
    digest.update(rows.nbytes.to_bytes(8, "little"))
    for chunk in rows.chunks():
        digest.update(memoryview(chunk.numpy()).cast("B"))


def _loaded_files() -> Iterable[tuple[str, Path]]:
    for name, module in sorted(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and (name.split(".")[0] in ("brainseg", "stages") or Path(file).parent.name == "stages"):
            yield Path(file).name if name == "__main__" else name, Path(file)


def project_folder() -> Path:
    """The folder of the project, also when called in the snapshot folder of a queued experiment."""
    here = Path.cwd()
    for parent in here.parents:
        if here.is_relative_to(parent / ".dvc" / "tmp" / "exps"):
            return parent
    return here
