"""The work of `brainseg sweep`."""

import fcntl
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from ruamel.yaml import YAML

from brainseg.compare.comparison import NothingToCompareError
from brainseg.compare.page.markdown_table import markdown_table, number
from brainseg.compare.run import check_folder
from brainseg.compare.run import run as compare
from brainseg.core.errors import UserError, shown
from brainseg.core.params import NOT_YAML, PARAMS_FILE, holds_too_much, read_params
from brainseg.core.progress import print_line
from brainseg.pages.comparison.page import write_page
from brainseg.sweep.clone import remove_folders
from brainseg.sweep.failures import Failures
from brainseg.sweep.place import Place
from brainseg.sweep.plan import Row, filter_rows, plan
from brainseg.sweep.progress import ProgressTracker, as_time
from brainseg.sweep.project import Project, finished, open_project
from brainseg.sweep.ranking import ranking
from brainseg.sweep.sweep_file import Changes, SweepFile, read_sweep
from brainseg.sweep.workers import Workers

if TYPE_CHECKING:
    from brainseg.sweep.cluster.rows import RayRows

SHOWN = 10  # settings in the ranking
PATIENCE_SECONDS = 3.0  # within which processes of a killed sweep have ended


def run(
    path: Path,
    name: str | None,
    chosen: Sequence[str],
    overrides: Sequence[str],
    place: Place,
    retry: bool,
    dry_run: bool,
    out: Path,
) -> None:
    """Run the unfinished rows, print the ranking of a search, and compare. Raises UserError if a row failed."""
    check_folder(out)
    project = open_project(Path.cwd())
    name = name or path.stem
    if not path.exists():
        raise UserError(f"{path}: no such file; expected a sweep, such as experiments/report.yaml")
    sweep = read_sweep(path)
    rows = plan(sweep, name, read_params(project.folder / PARAMS_FILE), _parsed(overrides))
    count = len(rows)
    rows = filter_rows(rows, chosen)
    failures = Failures(project.records(name), project.head)
    if dry_run:
        print_line(_preview(rows, finished(project, rows, sweep.until), failures))
        return
    project.records(name).mkdir(parents=True, exist_ok=True)
    with _alone(project.records(name) / "lock", name) as lock:
        done = finished(project, rows, sweep.until)
        failed = [row.name for row in rows if row.name not in done and failures.reason(row)]
        to_run = [row for row in rows if row.name not in done and (retry or row.name not in failed)]
        counts = [f"{len(rows)} row{'s' * (len(rows) > 1)}"]
        counts += [f"{len(done)} finished before"] if done else []
        counts += [f"{len(failed)} failed before"] if failed and not retry else []
        print_line(f"{name}: {', '.join(counts)}; {len(to_run)} to run")
        remove_folders(project, name)
        try:
            if to_run:
                with place.workers(project, name, lock, sweep.until, count) as workers:
                    _run_all(workers, to_run, failures)
        finally:
            remove_folders(project, name)
        done = finished(project, rows, sweep.until)
        place.bring_results(project, done)
    _report(project, rows, done, sweep, out)
    if lacking := [row for row in rows if row.name not in done]:
        lines = [f"{row.name} failed: {failures.reason(row) or 'not all stages ran'}" for row in lacking]
        lines.append(f"logs: {project.records(name)}/ROW.log; run them again with --retry")
        raise UserError("\n".join(lines))


def _run_all(workers: "Workers | RayRows", rows: Sequence[Row], failures: Failures) -> None:
    for row in rows:
        workers.log(row).unlink(missing_ok=True)
    tracker = ProgressTracker(rows, workers.log)

    def ended(row: Row, fault: Exception | None, seconds: float) -> None:
        tracker.end(row, failed=fault is not None)
        if fault:
            failures.remember(row, " ".join(str(fault).split()))
        else:
            failures.forget(row)
        message = f"failed: {fault}" if fault else f"finished in {as_time(seconds)}"
        print_line("; ".join(filter(None, [f"{len(tracker.ended)}/{len(rows)} {row.name} {message}", tracker.eta()])))

    with tracker.bar():
        workers.run(rows, ended)


def _report(project: Project, rows: Sequence[Row], done: Mapping[str, str], sweep: SweepFile, out: Path) -> None:
    """Print the results: the ranking of a search, and the comparison of the rows that have scores."""
    ended = [row for row in rows if row.name in done]
    if ended and (sweep.grid or sweep.random):
        try:
            _rank(ranking(project, ended, done))
        except UserError as error:
            print_line(f"not ranked: {error}")
    if ended and sweep.until != "train":
        try:  # by their shas: a commit made in the meantime changes what a name means
            write_page(compare([done[row.name] for row in ended], None, "dsc", 0.01, out), out)
        except NothingToCompareError as error:
            print_line(f"not compared: {error}")


def _rank(table: pd.DataFrame) -> None:
    if table.empty:
        return
    table = table.head(SHOWN).astype({"validation_dsc": object, "minutes": object})
    table["validation_dsc"] = [number(dsc, 4) for dsc in table.validation_dsc]
    table["minutes"] = [number(minutes, 1) for minutes in table.minutes]
    table = table.rename(columns={"validation_dsc": "validation DSC", "minutes": "minutes of training"})
    print_line("\n## Best by the validation patients\n")
    print_line(markdown_table(table.to_dict("records")))


def _preview(rows: Sequence[Row], done: Mapping[str, str], failures: Failures) -> str:
    common = {key for key in rows[0].changes if all(row.changes.get(key) == rows[0].changes[key] for row in rows)}
    shared = ", ".join(f"{key}={rows[0].changes[key]}" for key in rows[0].changes if key in common)
    lines = []
    for row in rows:
        state = "finished" if row.name in done else "failed" if failures.reason(row) else "to run"
        own = " ".join(f"{key}={value}" for key, value in row.changes.items() if key not in common)
        lines.append({"experiment": row.name, "state": state, "settings": own})
    return f"All rows: {shared or 'params.yaml as it is'}\n\n{markdown_table(lines)}"


def _parsed(overrides: Sequence[str]) -> Changes:
    parsed: dict[str, Any] = {}
    for override in overrides:
        key, equals, value = override.partition("=")
        if not equals:
            raise UserError(f"--set {override}: expected key=value")
        try:
            parsed[key] = YAML(typ="safe", pure=True).load(value)
        except NOT_YAML:
            raise UserError(f"--set {override}: {shown(value)} is not a value of YAML") from None
        if holds_too_much(parsed[key]):
            raise UserError(f"--set {override}: holds too many values")
    return parsed


@contextmanager
def _alone(path: Path, name: str) -> Iterator[int]:
    """Lock the sweep: two processes would run each row twice. Gives the lock's descriptor, to pass to subprocesses."""
    with path.open("a+") as file:
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    raise UserError(
                        f"the sweep {name} runs already, in another process; wait for it, or end it"
                    ) from None
                time.sleep(0.1)
        yield file.fileno()
