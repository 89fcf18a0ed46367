"""Where the rows of a sweep run: in processes of this machine, or on a Ray cluster."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Literal

from brainseg.core.errors import UserError
from brainseg.parallel import workers as cores
from brainseg.sweep.project import Project
from brainseg.sweep.workers import Workers, environments

if TYPE_CHECKING:
    from brainseg.sweep.cluster.rows import RayRows


@dataclass(frozen=True)
class Place:
    """Raises UserError for options of the other place."""

    on: Literal["ray"] | None = None  # None: this machine
    jobs: int | None = None  # rows at a time on this machine
    address: str | None = None  # of the cluster
    cpus_per_row: int | None = None  # on the cluster; None: the cores of this machine, as one local row has

    def __post_init__(self) -> None:
        given = {"--address": self.address, "--cpus-per-row": self.cpus_per_row}
        if not self.on and (options := [option for option, value in given.items() if value]):
            raise UserError(f"{options[0]} is for rows on a cluster; add --on ray, or leave it out")
        if self.on and self.jobs:
            raise UserError(f"--jobs {self.jobs} is for rows on this machine; on Ray expected --cpus-per-row")

    @contextmanager
    def workers(
        self, project: Project, sweep: str, lock: int, until: str | None, count: int
    ) -> Iterator["Workers | RayRows"]:
        """What runs the rows. count: all rows of the sweep, finished ones too."""
        if not self.on:
            yield Workers(project, sweep, environments(self.jobs, count), lock, until)
            return
        _check_ray()
        from brainseg.sweep.cluster.connection import cluster
        from brainseg.sweep.cluster.rows import rows_on_ray

        with cluster(self.address):
            yield rows_on_ray(project, sweep, lock, until, self.cpus_per_row or cores())

    def bring_results(self, project: Project, finished: Mapping[str, str]) -> None:
        """Have what the experiments (name -> revision) wrote in this machine's cache."""
        if self.on and finished:
            from brainseg.sweep.cluster.results import fetch_results

            fetch_results(project, list(finished.values()))


def _check_ray() -> None:
    """Only here: rows on this machine need no Ray."""
    try:
        import_module("ray")
    except ModuleNotFoundError:
        raise UserError("Ray is not installed; pip install 'brainseg[cluster]'") from None
