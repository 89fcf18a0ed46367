"""Work on patients one by one, in as many processes as there are cores."""

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from multiprocessing.queues import SimpleQueue
from typing import TypeVar

from threadpoolctl import threadpool_limits

from brainseg.core.environment import whole_number
from brainseg.core.errors import UserError
from brainseg.core.process import exit_with_parent
from brainseg.core.progress import progress

Item = TypeVar("Item")
Result = TypeVar("Result")
_number = 0


def workers() -> int:
    """Processes to use: BRAINSEG_WORKERS, or the cores this process may run on.

    It is read from the environment and not from params.yaml, since it does not change any result.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return whole_number("BRAINSEG_WORKERS", cores)


def process_number() -> int:
    """Of a process of `parallel_map`, from 0; 0 in any other process."""
    return _number


def parallel_map(
    function: Callable[[Item], Result], items: Sequence[Item], label: str, processes: int | None = None
) -> list[Result]:
    """`function` of every item, in their order, with a progress bar; in as many processes as `workers` says.

    With one it is this process itself.
    """
    return list(parallel_results(function, items, label, processes))


def parallel_results(
    function: Callable[[Item], Result], items: Sequence[Item], label: str, processes: int | None = None
) -> Iterator[Result]:
    """As parallel_map, one result after the other: large ones need not be in memory together."""
    if not items:
        return
    wanted = processes or workers()
    if wanted == 1:  # in this process: a second one would only take longer to start
        yield from progress(map(partial(_single_threaded, function, label), items), label, total=len(items))
        return
    count = min(wanted, len(items))
    # spawn, not fork: a forked process inherits the locks of threads that it does not have
    spawn = get_context("spawn")
    numbers = spawn.SimpleQueue()
    for number in range(count):
        numbers.put(number)
    with ProcessPoolExecutor(count, spawn, initializer=_start, initargs=(os.getpid(), numbers)) as pool:
        with _deaf_to_ctrl_c():  # only the processes; this process ends them
            results: Iterable[Result] = pool.map(partial(_single_threaded, function, label), items)
        try:
            yield from progress(results, label, total=len(items))
        except BrokenProcessPool:
            raise UserError(f"{label}: a process was killed, most likely for memory; set BRAINSEG_WORKERS=1") from None


def _start(parent: int, numbers: SimpleQueue) -> None:
    global _number
    exit_with_parent(parent)  # otherwise it would wait for work forever, should the parent be killed
    _number = numbers.get()


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """Processes started inside ignore Ctrl-C from their first instruction on."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _single_threaded(function: Callable[[Item], Result], label: str, item: Item) -> Result:
    try:
        with threadpool_limits(1):  # the processes share the cores; more threads would slow each other down
            return function(item)
    except MemoryError:
        raise UserError(f"{label} {item}: no memory left; set BRAINSEG_WORKERS=1, or use smaller slices") from None
