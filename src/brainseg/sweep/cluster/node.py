"""What a node of a Ray cluster does for a row: get the commit and the data, run the row, give back the experiment.

A node shares no folder with the driver or with other nodes. The commit comes as a git bundle. Data, results and the
run cache come and go through the DVC remote, and so does the state of a training that is under way.
"""

import os
import re
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from brainseg.core.params import PARAMS_FILE
from brainseg.sweep.clone import dvc, write_settings
from brainseg.sweep.cluster.bundle import pack_experiment, unpack_commit
from brainseg.sweep.cluster.own_folder import own_folder
from brainseg.sweep.cluster.patience import OutOfPatienceError, patiently
from brainseg.sweep.cluster.remote import Remote, RemoteSettings, configure, push_uncached
from brainseg.sweep.cluster.unfinished import Unfinished
from brainseg.sweep.sweep_file import Changes
from brainseg.sweep.workers import RowFailedError, dvc_environment, end, failure_reason

FOLDER = "BRAINSEG_NODE_FOLDER"  # where a node keeps its cache and the folders of rows
POLL_SECONDS = 0.2
SEND_EVERY_SECONDS = 1.0
TRIES = 3  # of DVC, where DVC itself fails and no stage
STAGE_FAILED = re.compile(rb"^ERROR: failed to reproduce .*: failed to run: ", re.MULTILINE)
STARTED = "runs on "  # the first line of a log
Send = Callable[[str], None]


class DvcFailedError(Exception):
    """DVC failed, and no stage: the remote may not have answered."""


@dataclass(frozen=True)
class Job:
    """A row, and all that a node needs to run it but the commit."""

    name: str  # of the experiment
    changes: Changes  # of params.yaml
    until: str | None  # the last stage; None: all
    prepared: bytes  # dvc.lock after the data, split and preprocessed images were put in the remote
    head: str  # sha of the commit
    inside: str  # the project's folder in its repository
    author: Mapping[str, str]
    remote: RemoteSettings
    cache: Mapping[str, Any]  # DVC's settings of it, without its folder
    environment: Mapping[str, str]  # threads and device


@dataclass(frozen=True)
class Outcome:
    """What a row came to. fault: why it failed, in one line; then there is no experiment."""

    node: str
    seconds: float
    log: str
    fault: str | None = None
    experiment: bytes = field(default=b"", repr=False)  # a git bundle


class RowLog:
    """The log of a running row, sent on as it grows."""

    def __init__(self, path: Path, send: Send) -> None:
        self.path, self.send = path, send
        self.sent, self.last = 0, 0.0  # bytes, and when
        path.touch()

    def note(self, line: str) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")
        self.send_new()

    def send_new(self) -> None:
        """Send what is new, at most once a second."""
        if time.monotonic() - self.last > SEND_EVERY_SECONDS and (new := self.path.read_bytes()[self.sent :]):
            self.send(new.decode(errors="replace"))
            self.sent, self.last = self.sent + len(new), time.monotonic()

    def text(self) -> str:
        return self.path.read_text(encoding="utf-8", errors="replace")


def run_row(job: Job, commit: bytes, send: Send) -> Outcome:
    """Run the row in a folder of this node. send: called with each new part of its log."""
    start, node = time.monotonic(), socket.gethostname()
    with own_folder(node_folder() / "rows", job.name) as (aside, lock):
        log = RowLog(aside / "log", send)
        log.note(f"{STARTED}{node}")
        fault, experiment = None, b""
        try:
            experiment = _run(job, commit, aside / "clone", log, lock)
        except OutOfPatienceError as error:
            fault = f"on {node}: {error}"
        except (RowFailedError, OSError) as error:
            fault = str(error)
        return Outcome(node, time.monotonic() - start, log.text(), fault, experiment)


def _run(job: Job, commit: bytes, clone: Path, log: RowLog, lock: int) -> bytes:
    unpack_commit(commit, job.head, job.author, clone)
    folder = clone / job.inside
    configure(folder, job.remote, dict(job.cache) | {"dir": str(node_folder() / "cache")})
    (folder / "dvc.lock").write_bytes(job.prepared)
    write_settings(folder / PARAMS_FILE, job.changes)
    remote = Remote(job.remote)
    unfinished = Unfinished(remote, job.name, folder / "runs" / "unfinished", log.note)

    def run_dvc(*words: str) -> None:
        process = Dvc([*words], folder, dvc_environment() | dict(job.environment), log, lock)
        patiently(lambda: process.run(remote), f"dvc {words[0]}", log.note, final=(RowFailedError,))

    patiently(unfinished.download, "to read the DVC remote", log.note)
    with unfinished.uploading():
        run_dvc("exp", "run", "--name", job.name, "--pull", "--allow-missing", *filter(None, [job.until]))
    run_dvc("push", "--quiet", "--run-cache")
    patiently(lambda: push_uncached(folder), "dvc push", log.note)
    patiently(unfinished.remove, "to write to the DVC remote", log.note)
    return pack_experiment(folder, job.head, job.name)


@dataclass
class Dvc:
    """A command of DVC in a row's folder, run again where it fails for another reason than a stage."""

    words: list[str]
    folder: Path
    environment: Mapping[str, str]
    log: RowLog
    lock: int
    failures: int = 0

    def run(self, remote: Remote) -> None:
        """Raises RowFailedError if a stage fails, or DVC for the third time; else what is worth another try."""
        remote.check()
        before = len(self.log.path.read_bytes())
        process = dvc(self.words, self.folder, self.environment, self.log.path, self.lock)
        try:
            while process.poll() is None:
                time.sleep(POLL_SECONDS)
                self.log.send_new()
        finally:
            end(process)
        if not process.returncode:
            return
        self.failures += 1
        of_a_stage = STAGE_FAILED.search(self.log.path.read_bytes()[before:])
        reason = failure_reason(self.log.path)
        raise (RowFailedError if of_a_stage or self.failures == TRIES else DvcFailedError)(reason)


def node_folder() -> Path:
    """Where this node keeps its cache and its rows: BRAINSEG_NODE_FOLDER, or the user's cache folder."""
    given = os.environ.get(FOLDER)
    return Path(given).resolve() if given else user_cache_path("brainseg") / "node"
