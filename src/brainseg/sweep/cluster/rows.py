"""Rows run on a Ray cluster: each is a Ray task, which its node runs as in node.py.

Ray places the tasks, and starts those of a lost node or worker again elsewhere. The tasks end with the driver. So
there are never two processes that record the same sweep; a driver that is started again runs what is not finished.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ray
from dvc.config import Config
from ray.exceptions import RayError, RayTaskError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from brainseg.core.errors import UserError
from brainseg.core.progress import print_line
from brainseg.sweep.clone import author
from brainseg.sweep.cluster.bundle import pack_commit, unpack_experiment
from brainseg.sweep.cluster.connection import gpus_per_row, row_environment
from brainseg.sweep.cluster.logs import Logs
from brainseg.sweep.cluster.node import STARTED, Job, Outcome, run_row
from brainseg.sweep.cluster.patience import OutOfPatienceError, patiently
from brainseg.sweep.cluster.preparation import Preparation
from brainseg.sweep.cluster.remote import Remote, RemoteSettings, default_remote
from brainseg.sweep.plan import Row
from brainseg.sweep.project import Project
from brainseg.sweep.workers import RowFailedError, Workers, dvc_environment, trained_with

RETRIES = 3  # of a row whose node or worker was lost
POLL_SECONDS = 0.5


def rows_on_ray(project: Project, sweep: str, lock: int, until: str | None, cpus: int) -> "RayRows":
    """Rows with this many CPUs each, on the cluster that this process is connected to.

    Raises UserError if the project has no DVC remote that answers, or if no node has that many CPUs.
    """
    remote = default_remote(project.folder)
    try:
        patiently(Remote(remote).mark, "to write to the DVC remote", print_line)
    except OutOfPatienceError as error:
        raise UserError(f"{remote.url}: {error}") from None
    return RayRows(Workers(project, sweep, [dvc_environment()], lock, until), remote, cpus, gpus_per_row(cpus), until)


@dataclass
class RayRows:
    """Runs the rows of one sweep on the cluster that this process is connected to."""

    workers: Workers  # of the driver, which prepare the data and name the logs
    remote: RemoteSettings
    cpus: int  # of a row
    gpus: int
    until: str | None

    def log(self, row: Row) -> Path:
        return self.workers.log(row)

    def run(self, rows: Sequence[Row], ended: Callable[[Row, Exception | None, float], None]) -> None:
        """Run all rows. `ended` is called for each, with its error or None, and the seconds it took on its node."""
        project = self.workers.project
        self._commit = ray.put(pack_commit(project))
        self._author, self._logs = author(project), _start_logs()
        self._by_name, self._started = {row.name: row for row in rows}, set()
        self._cache = {key: value for key, value in Config(_dvc(project))["cache"].items() if key != "dir"}
        trained = {row.name: trained_with(row) for row in rows}
        waiting, running = list(rows), {}
        with Preparation(self.workers, self.remote, self._cache | {"dir": str(project.cache)}) as preparation:
            while waiting or running:
                busy = {trained[row.name] for row in running.values()}
                for row in list(waiting):
                    if trained[row.name] in busy:
                        continue  # it finds the network in the run cache, once the other is finished
                    try:
                        prepared = preparation.lock(row)
                    except (UserError, RowFailedError, OSError) as error:
                        waiting.remove(row)
                        ended(row, error, 0.0)
                        continue
                    if prepared is not None:
                        waiting.remove(row)
                        running[self._start(row, prepared)] = row
                        busy.add(trained[row.name])
                if running:
                    done, _ = ray.wait(list(running), timeout=POLL_SECONDS)
                else:
                    done = []
                    time.sleep(POLL_SECONDS)
                self._copy_logs()
                for ref in done:
                    ended(*self._collect(running.pop(ref), ref))

    def _start(self, row: Row, prepared: bytes) -> ray.ObjectRef:
        project = self.workers.project
        job = Job(
            name=row.name,
            changes=row.changes,
            until=self.until,
            prepared=prepared,
            head=project.head,
            inside=str(project.inside),
            author=self._author,
            remote=self.remote,
            cache=self._cache,
            environment=row_environment(self.cpus),
        )
        options = {"num_cpus": self.cpus, "num_gpus": self.gpus, "max_retries": RETRIES, "name": row.name}
        return _run.options(**options).remote(job, self._commit, self._logs)

    def _collect(self, row: Row, ref: ray.ObjectRef) -> tuple[Row, Exception | None, float]:
        """The row, its error or None, and its seconds; the experiment is then in the project."""
        try:
            outcome: Outcome = ray.get(ref)
        except RayTaskError as error:
            return row, RowFailedError(f"{type(error.cause).__name__}: {error.cause}"), 0.0
        except RayError as error:
            reason = str(error).splitlines()[0]
            return row, RowFailedError(f"its node or worker was lost {RETRIES + 1} times: {reason}"), 0.0
        self.log(row).write_text(outcome.log, encoding="utf-8")
        if outcome.fault:
            return row, RowFailedError(outcome.fault), outcome.seconds
        try:
            unpack_experiment(outcome.experiment, self.workers.project, row.name)
        except (UserError, OSError) as error:
            return row, error, outcome.seconds
        return row, None, outcome.seconds

    def _copy_logs(self) -> None:
        try:
            parts = ray.get(self._logs.take.remote(), timeout=POLL_SECONDS)
        except RayError:
            return
        for name, part in parts:
            if part.startswith(STARTED):
                if name in self._started:
                    print_line(f"{name}: its node or worker was lost; {part.splitlines()[0]}")
                self._started.add(name)
            with self.log(self._by_name[name]).open("a", encoding="utf-8") as file:
                file.write(part)


@ray.remote
def _run(job: Job, commit: bytes, logs: Any) -> Outcome:
    return run_row(job, commit, lambda part: logs.add.remote(job.name, part))


def _start_logs() -> Any:
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=True)
    return ray.remote(Logs).options(num_cpus=0, max_restarts=-1, scheduling_strategy=here).remote()


def _dvc(project: Project) -> str:
    return str(project.folder / ".dvc")
