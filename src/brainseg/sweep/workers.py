"""Rows run in parallel, each worker with its own threads or GPU."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue

import torch

from brainseg.core.errors import UserError
from brainseg.parallel import workers as cores
from brainseg.sweep.clone import clone, dvc, fetch
from brainseg.sweep.plan import Row
from brainseg.sweep.project import Project, own_environment

POLL_SECONDS = 0.2
PREPARE = ["repro", "split", "preprocess"]
PREPARED_WITH = ("data", "datasets", "split", "preprocess")
AFTER_TRAINING = ("predict", "evaluate", "plot")


class RowFailedError(Exception):
    """Why a row failed, in one line."""


class StoppedError(Exception):
    """The sweep was interrupted."""


@dataclass
class Workers:
    """Runs rows of one sweep; the output of each row goes to its own log."""

    project: Project
    sweep: str
    environments: list[dict[str, str]]  # one per worker
    lock: int  # descriptor of the file that prevents a second sweep of this name
    until: str | None = None  # the last stage; None: all
    stopped: threading.Event = field(default_factory=threading.Event)
    _preparing: threading.Lock = field(default_factory=threading.Lock)
    _prepared: set[str] = field(default_factory=set)
    _training: dict[str, threading.Lock] = field(default_factory=dict)

    def run(self, rows: Sequence[Row], ended: Callable[[Row, Exception | None, float], None]) -> None:
        """Run all rows. `ended` is called for each, with its error or None, and the seconds it took."""
        free: SimpleQueue[dict[str, str]] = SimpleQueue()
        for environment in self.environments:
            free.put(environment)

        def work(row: Row) -> None:
            if self.stopped.is_set():
                return
            environment, start, fault = free.get(), time.monotonic(), None
            try:
                self._run(row, environment)
            except (UserError, RowFailedError, OSError) as error:
                fault = error
            except StoppedError:
                return
            finally:
                free.put(environment)
            if not self.stopped.is_set():
                ended(row, fault, time.monotonic() - start)

        with ThreadPoolExecutor(len(self.environments)) as pool:
            try:
                for future in [pool.submit(work, row) for row in rows]:
                    future.result()
            except BaseException:
                self.stopped.set()
                raise

    def log(self, row: Row) -> Path:
        return self.project.records(self.sweep) / f"{row.short}.log"

    def _run(self, row: Row, environment: dict[str, str]) -> None:
        log = self.log(row)
        log.write_text("")
        with clone(self.project, self.sweep, row) as folder:
            self._prepare(row, folder, environment, log)
            # the next row that shares the network finds it in the run cache
            with self._training.setdefault(trained_with(row), threading.Lock()):
                self.dvc(["exp", "run", "--name", row.name, *filter(None, [self.until])], folder, environment, log)
            fetch(self.project, folder, row.name)

    def _prepare(self, row: Row, folder: Path, environment: dict[str, str], log: Path) -> None:
        """Put the data, split and preprocessed images in the cache; one row at a time, for all rows that share them."""
        key = prepared_with(row)
        with self._preparing:
            if key not in self._prepared:
                self.dvc(PREPARE, folder, environment, log)
                self._prepared.add(key)

    def dvc(self, words: list[str], folder: Path, environment: dict[str, str], log: Path) -> None:
        """Run DVC. Raises RowFailedError where it fails, and StoppedError where the sweep is interrupted."""
        process = dvc(words, folder, environment, log, self.lock)
        try:
            while process.poll() is None:
                if self.stopped.wait(POLL_SECONDS):
                    raise StoppedError
        finally:
            end(process)
        if process.returncode:
            raise RowFailedError(failure_reason(log))


def prepared_with(row: Row) -> str:
    """What the data, split and preprocessed images depend on; equal for rows that share them."""
    return _key(row, PREPARED_WITH)


def trained_with(row: Row) -> str:
    """What the trained network depends on; equal for rows that share it."""
    return _key(row, [section for section in row.params if section not in AFTER_TRAINING])


def _key(row: Row, sections: Iterable[str]) -> str:
    return repr([(section, row.params[section]) for section in sections])


def end(process: subprocess.Popen) -> None:
    """End the process and all that it started, if it still runs."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)  # training resumes; all other stages start again
    process.wait()


def failure_reason(log: Path) -> str:
    """The line of DVC's output that says why it failed."""
    lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("error: ")] or [
        line for line in lines if line.startswith("ERROR: ")
    ]
    return (errors or lines or ["no word of it"])[-1].removeprefix("error: ").removeprefix("ERROR: ")


def environments(jobs: int | None, rows: int) -> list[dict[str, str]]:
    """The environment of each worker: one GPU each where there are several; otherwise the cores are divided.

    Without `jobs` there are as many workers as GPUs, at least one; never more than rows. The number of threads changes
    the last digits of results, so it depends on all rows of a sweep, not on those left to run.
    """
    gpus = _gpus()
    count = min(jobs or max(1, len(gpus)), rows)
    threads = str(max(1, cores() // count))
    common = dvc_environment()
    if count > 1:  # two trainings that share threads take five times as long each
        common |= {"OMP_NUM_THREADS": threads, "BRAINSEG_WORKERS": threads}
    if len(gpus) < 2:
        return [common] * count
    return [common | {"CUDA_VISIBLE_DEVICES": gpus[number % len(gpus)]} for number in range(count)]


def dvc_environment() -> dict[str, str]:
    """The environment of DVC in a clone: without a running experiment's variables, with this Python's programs."""
    ours = {key: value for key, value in own_environment().items() if not key.startswith("DVC_EXP")}
    ours["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    ours["DVC_EXP_AUTO_PUSH"] = "false"  # a clone's remote is the project
    return ours


def _gpus() -> list[str]:
    """The GPUs as in CUDA_VISIBLE_DEVICES; none where the user chose a device."""
    if os.environ.get("BRAINSEG_DEVICE"):
        return []
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    return visible.split(",") if visible else [str(number) for number in range(torch.cuda.device_count())]
