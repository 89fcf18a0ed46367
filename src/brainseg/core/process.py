"""A process that ends with the one that started it."""

import os
import signal
import threading
import time

CHECK_EVERY_SECONDS = 0.2


def exit_with_parent(parent: int | None = None) -> None:
    """From now on, kill this process as soon as `parent`, the one that started it, is gone.

    At any moment: what it writes is written aside first, and training resumes. Who gives the
    number has no gap in which a parent that is gone already would go unnoticed.
    """
    threading.Thread(target=_watch, args=(parent or os.getppid(),), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(CHECK_EVERY_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)
