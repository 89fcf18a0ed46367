"""A process that another one started: which it is, and its end when the other ends."""

import os
import signal
import threading
import time

CHECK_EVERY_SECONDS = 0.2


def is_other_process() -> bool:
    """Whether this is one of several processes of a training, and not the first; they print nothing but errors.

    The variable is Lightning Fabric's and torchrun's.
    """
    return os.environ.get("LOCAL_RANK", "0") != "0"


def exit_with_parent(parent: int | None = None) -> None:
    """From now on, kill this process as soon as `parent`, the process that started it, has ended.

    This is safe at any moment, since files are written under a temporary name and training can be resumed.
    If `parent` is given, a parent that ended before this call is detected too.
    """
    threading.Thread(target=_watch, args=(parent or os.getppid(),), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(CHECK_EVERY_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)
