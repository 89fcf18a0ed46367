"""The Ray cluster that this process is connected to, and what its nodes have."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

import ray

from brainseg.core.errors import UserError
from brainseg.core.progress import print_line


@contextmanager
def cluster(address: str | None) -> Iterator[None]:
    """Connected to a running cluster: of the address, of RAY_ADDRESS, or on this machine.

    Raises UserError if there is none.
    """
    try:
        ray.init(address=address or "auto", log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, ValueError, RuntimeError) as error:
        where = address or os.environ.get("RAY_ADDRESS") or "this machine"
        reason = " ".join(str(error).split())[:200]
        raise UserError(
            f"no Ray cluster answers at {where} ({reason}); start one with `ray start --head`, or give --address"
        ) from None
    try:
        yield
    finally:
        ray.shutdown()


def gpus_per_row(cpus: int) -> int:
    """A GPU for each row of this many CPUs where the cluster has any, otherwise none.

    Raises UserError if no node has that many CPUs.
    """
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    gpus = 1 if device() != "cpu" and any(node.get("GPU") for node in nodes) else 0
    cpus_of_nodes = [int(node.get("CPU", 0)) for node in nodes if node.get("GPU", 0) >= gpus]
    count, largest = sum(number >= cpus for number in cpus_of_nodes), max(cpus_of_nodes, default=0)
    if not count:
        raise UserError(f"a row needs {cpus} CPUs, and the largest node has {largest}; give --cpus-per-row up to that")
    with_gpu = " and a GPU" if gpus else ""
    print_line(f"Ray: {count} node{'s' * (count > 1)} for rows of {cpus} CPU{'s' * (cpus > 1)}{with_gpu}")
    return gpus


def device() -> str:
    """BRAINSEG_DEVICE, "" if not set. Raises UserError for one GPU of several: Ray chooses which."""
    given = os.environ.get("BRAINSEG_DEVICE", "")
    if given not in ("", "cpu", "cuda"):
        raise UserError(f"BRAINSEG_DEVICE is {given}; on Ray expected cpu or cuda: Ray gives each row its GPU")
    return given


def row_environment(cpus: int) -> dict[str, str]:
    """As in a local sweep: the threads of a row change the last digits of its results."""
    environment = {"OMP_NUM_THREADS": str(cpus), "BRAINSEG_WORKERS": str(cpus)}
    return environment | ({"BRAINSEG_DEVICE": device()} if device() else {})
