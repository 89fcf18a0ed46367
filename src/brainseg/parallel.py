"""Work on patients one by one, in as many processes as there are cores."""

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import TypeVar

from threadpoolctl import threadpool_limits

from brainseg.errors import UserError
from brainseg.progress import progress

Item = TypeVar("Item")
Result = TypeVar("Result")


def workers() -> int:
    """Processes to use: BRAINSEG_WORKERS, or the cores this process may run on.

    From the environment and not from params.yaml, since it does not change any result.
    """
    given = os.environ.get("BRAINSEG_WORKERS")
    if given is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if not given.isdigit() or int(given) < 1:
        raise UserError(f"BRAINSEG_WORKERS is {given!r}; expected a whole number from 1")
    return int(given)


def each(function: Callable[[Item], Result], items: Sequence[Item], label: str) -> list[Result]:
    """`function` of every item, in their order, with a progress bar."""
    # spawn, not fork: a forked process inherits the locks of threads that it does not have
    with ProcessPoolExecutor(workers(), mp_context=get_context("spawn")) as pool:
        results: Iterable[Result] = pool.map(partial(_single_threaded, function), items)
        return list(progress(results, label, total=len(items)))


def _single_threaded(function: Callable[[Item], Result], item: Item) -> Result:
    with threadpool_limits(1):  # the processes share the cores; more threads would fight
        return function(item)
