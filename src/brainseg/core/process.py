"""Ends a process when its parent process ends."""

import os
import signal
import threading
import time

CHECK_EVERY_SECONDS = 0.2


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
