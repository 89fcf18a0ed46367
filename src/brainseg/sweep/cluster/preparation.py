"""The data, split and preprocessed images of rows that run elsewhere, put in the DVC remote by the driver."""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from brainseg.sweep.clone import clone
from brainseg.sweep.cluster.patience import OutOfPatienceError, patiently
from brainseg.sweep.cluster.remote import Remote, RemoteSettings, configure
from brainseg.sweep.plan import Row
from brainseg.sweep.workers import PREPARE, RowFailedError, StoppedError, Workers, prepared_with


@dataclass
class Preparation:
    """Prepares in the background, one row at a time, and once for all rows that share what is prepared.

    The driver does it, since it has the user's own patients, which nodes need not have.
    """

    workers: Workers  # of the driver
    remote: RemoteSettings
    cache: dict[str, Any]  # DVC's settings of it
    _futures: dict[str, Future] = field(default_factory=dict)
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))

    def lock(self, row: Row) -> bytes | None:
        """dvc.lock with the prepared stages; None while they are not ready. Raises why they failed."""
        key = prepared_with(row)
        if key not in self._futures:
            self._futures[key] = self._pool.submit(self._prepare, row)
        return self._futures[key].result() if self._futures[key].done() else None

    def _prepare(self, row: Row) -> bytes:
        workers, log = self.workers, self.workers.log(row)
        [environment] = workers.environments
        with clone(workers.project, workers.sweep, row) as folder:
            configure(folder, self.remote, self.cache)
            workers.dvc(PREPARE, folder, environment, log)
            remote = Remote(self.remote)

            def push() -> None:
                remote.check()
                workers.dvc(["push", "--quiet", *PREPARE[1:], "--with-deps"], folder, environment, log)

            def note(line: str) -> None:
                with log.open("a", encoding="utf-8") as file:
                    file.write(f"{line}\n")

            try:
                patiently(push, "dvc push", note, final=(StoppedError,))
            except OutOfPatienceError as error:
                raise RowFailedError(str(error)) from None
            return (folder / "dvc.lock").read_bytes()

    def __enter__(self) -> "Preparation":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.workers.stopped.set()
        self._pool.shutdown(cancel_futures=True)
