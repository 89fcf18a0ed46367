"""Training that was stopped goes on: its state after each epoch, outside the pipeline's outs.

DVC removes a stage's outs before it runs, and a queued experiment runs in a folder of its own.
So the state lies in the project's `runs/unfinished`, under a key made of all that determines
the result: only the very same training ever finds it. A lock keeps a second one out.
"""

import fcntl
import hashlib
import io
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
import scipy
import torch

from brainseg.core.errors import UserError
from brainseg.core.files import write_bytes
from brainseg.core.progress import say


class SavedState:
    """The file that holds the state of one training, if it was stopped before its end."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[str, Any] | None:
        """What `write` was given last; None if there is nothing, or nothing whole."""
        try:
            return torch.load(self.path, map_location="cpu", weights_only=True)
        except FileNotFoundError:
            return None
        except (OSError, MemoryError):  # it may well be whole
            raise
        except Exception as error:  # torch raises whatever the damage leads to
            say(f"{self.path}: cannot be read ({type(error).__name__}); training starts anew")
            return None

    def write(self, state: dict[str, Any]) -> None:
        buffer = io.BytesIO()
        torch.save(state, buffer)
        write_bytes(self.path, buffer.getbuffer())

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)


@contextmanager
def saved_state(folder: Path, key: str) -> Iterator[SavedState]:
    """The state under `key`, for this process alone; a UserError if another one has it."""
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder / f"{key}.lock"):
        yield SavedState(folder / f"{key}.pt")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    while True:
        with path.open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # let go by the system when a process ends
            except BlockingIOError:
                file.seek(0)
                holder = file.read().strip() or "unknown"
                told = f"the same training runs already, as process {holder}; wait for it, or end it"
                raise UserError(f"{path}: {told}") from None
            if not _is_still(file, path):
                continue  # its last holder removed it while we opened it
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            try:
                yield
            finally:
                path.unlink(missing_ok=True)
            return


def _is_still(file: IO[str], path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def key_of(*parts: bytes | torch.Tensor) -> str:
    """A digest of settings, data, the project's code as loaded, and what else decides how numbers are rounded."""
    digest = hashlib.sha256()
    for part in parts:
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
    digest.update(view.nbytes.to_bytes(8, "little"))  # so that a part's end cannot pass for the next's start
    digest.update(view.cast("B") if view.nbytes else b"")


def _loaded_files() -> Iterable[tuple[str, Path]]:
    for name, module in sorted(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and (name.split(".")[0] in ("brainseg", "stages") or Path(file).parent.name == "stages"):
            yield Path(file).name if name == "__main__" else name, Path(file)


def project_folder() -> Path:
    """The project itself, also from within the snapshot that a queued experiment runs in."""
    here = Path.cwd()
    for parent in here.parents:
        if here.is_relative_to(parent / ".dvc" / "tmp" / "exps"):
            return parent
    return here
