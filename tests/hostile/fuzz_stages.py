"""Damaged artefacts and settings by the thousand, before every stage: it ends, or tells in lines what is wrong.

    python -m tests.hostile.fuzz_stages --cases 2000 --seed 0

A case is a copy of a small project whose stages have all run, with one file damaged: bits flipped, cut short, values of
another type, or another file in its place. The stage's main function runs in a process with a limit of memory, and has
ten seconds of a core's time, so that the figures do not depend on what else the machine does. Prints the outcomes of
each stage, the longest time and the largest memory; exits with 1 after a traceback, a hang or a killed process.
"""

import argparse
import contextlib
import io
import multiprocessing
import os
import random
import resource
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path

import torch

from brainseg.core.errors import LONGEST_LINE, report_errors
from brainseg.data.raw.patients import write_patient
from tests.hostile.conftest import Project, fill_project, patient
from tests.hostile.mutations import damage, damage_params, damage_state

UNDAMAGED = "undamaged"  # in place of a seed
LIMIT_SECONDS = 10.0  # of a core
PATIENCE_SECONDS = 120.0  # of a process that waits and does not compute
LIMIT_BYTES = 8 * 10**9  # of addresses; PyTorch's libraries take some of it
SHARES = {  # of the cases, by what a stage reads and how long it takes
    "check": 0.25,
    "download": 0.16,
    "split": 0.06,
    "preprocess": 0.10,
    "train": 0.14,
    "predict": 0.10,
    "evaluate": 0.12,
    "robustness": 0.03,
    "audit": 0.01,
    "plot": 0.02,
    "page": 0.01,
}
READS = {
    "check": ["params.yaml"],
    "download": ["params.yaml", "patients"],
    "split": ["params.yaml", "data/raw"],
    "preprocess": ["params.yaml", "data/raw"],
    "train": ["params.yaml", "data/split.csv", "data/preprocessed", "runs/unfinished"],
    "predict": ["params.yaml", "data/weights/last.pt", "data/preprocessed"],
    "evaluate": ["params.yaml", "data/split.csv", "data/raw", "data/preprocessed", "data/predictions"],
    "robustness": ["params.yaml", "data/split.csv", "data/raw", "data/weights/last.pt"],
    "audit": ["params.yaml", "data/split.csv", "data/raw"],
    "plot": ["data/split.csv", "data/raw", "data/preprocessed", "data/predictions", "metrics", "plots/history.csv"],
    "page": ["data/raw", "data/predictions", "metrics", "plots/history.csv"],
}
KEPT = ("params.yaml", "patients", "data", "metrics", "plots", "runs")


@dataclass
class Result:
    outcomes: Counter = field(default_factory=Counter)
    bad: list[str] = field(default_factory=list)  # a line for each traceback, hang or killed process
    slowest_seconds: float = 0.0
    peak_bytes: int = 0


def build(folder: Path) -> Project:
    """Five small patients that have gone through all stages, with a checkpoint of the training."""
    project = fill_project(folder)
    for number, name in enumerate("ABCDE"):
        write_patient(project.patients / name, *patient(number))
    # more than the default draws: what is off is not tried
    project.set(train__ema_decay=0.9, intensity__gamma=0.1, preprocess__side_px=16)
    project.run_all(
        "check", "download", "split", "preprocess", "train", "predict", "evaluate", "plot", "robustness", "page"
    )
    with _inside(project.folder):
        _keep_checkpoint()
    return project


def _keep_checkpoint() -> None:
    """The state after the last epoch, as a kill before the weights are written leaves it."""
    from brainseg.training.checkpoint import Checkpoint

    remove, Checkpoint.remove = Checkpoint.remove, lambda self: None
    try:
        import_module("stages.train").main()
    finally:
        Checkpoint.remove = remove


@contextlib.contextmanager
def _inside(folder: Path):
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def run_case(stage: str, whole: Path, place: Path, seed: str) -> tuple[str, str]:
    """The outcome (fine, told, or what was wrong) and the damage in words."""
    rng = random.Random(seed)
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    for name in KEPT:  # links: stages replace files, and write into none
        if (whole / name).is_dir():
            shutil.copytree(whole / name, place / name, copy_function=os.link)
        else:
            os.link(whole / name, place / name)
    read = place / rng.choice(READS[stage])
    files = sorted(path for path in read.rglob("*") if path.is_file()) if read.is_dir() else [read]
    path = rng.choice(files)
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content)
    if seed == UNDAMAGED:
        words = "nothing"
    elif path.name == "params.yaml":
        words = damage_params(path, rng)
    elif "unfinished" in path.parts:
        words = damage_state(path, rng)
    else:
        words = damage(path, rng, place)
    err, out = io.StringIO(), io.StringIO()
    try:
        with _inside(place), contextlib.redirect_stderr(err), contextlib.redirect_stdout(out), report_errors():
            import_module(f"stages.{stage}").main()
        outcome = "fine"
    except SystemExit as error:
        lines = err.getvalue().splitlines()
        in_lines = lines and all(
            line.startswith("error: ") and len(line) < LONGEST_LINE + 100 and line.isprintable() for line in lines
        )
        outcome = "reported" if error.code == 1 and in_lines else f"exit {error.code}: {err.getvalue()[:300]}"
    except BaseException as error:
        outcome = f"traceback: {type(error).__name__}: {' '.join(str(error).split())[:200]} at {_where(error)}"
    if left := [path.name for path in place.rglob(".*aside*")]:
        outcome = f"left behind: {left[:3]} after {outcome}"
    return outcome, f"{path.relative_to(place)}: {words}"


def _where(error: BaseException) -> str:
    trace = error.__traceback__
    while trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"


def work(stage: str, whole: Path, place: Path, seeds: list[str], channel: Connection) -> None:
    """Run the cases one by one; sends the number of a case before it, and its result after it."""
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT_BYTES, LIMIT_BYTES))
    torch.compile = lambda network: network  # it takes a minute
    import_module(f"stages.{stage}")
    for number, seed in enumerate(seeds):
        channel.send((number, None))
        start = time.process_time()
        outcome = run_case(stage, whole, place, seed)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        channel.send((number, (*outcome, time.process_time() - start, peak)))
    channel.close()


def fuzz(stage: str, whole: Path, place: Path, seeds: list[str]) -> Result:
    """All cases of a stage. A case that hangs is killed with its process; a new one goes on after it."""
    result = Result()
    context = multiprocessing.get_context("fork")
    while seeds:
        here, there = context.Pipe(duplex=False)
        process = context.Process(target=work, args=(stage, whole, place, seeds, there), daemon=True)
        process.start()
        there.close()
        begun = -1
        try:
            while _in_time(here, process.pid):
                begun, ended = here.recv()
                if ended:
                    outcome, words, seconds, peak = ended
                    result.outcomes[outcome if outcome in ("fine", "reported") else "bad"] += 1
                    if outcome not in ("fine", "reported"):
                        result.bad.append(f"{stage}, seed {seeds[begun]}, {words}: {outcome}")
                    result.slowest_seconds = max(result.slowest_seconds, seconds)
                    result.peak_bytes = max(result.peak_bytes, peak)
                    if begun == len(seeds) - 1:
                        break
            else:
                result.bad.append(f"{stage}, seed {seeds[begun]}: over {LIMIT_SECONDS:g} s")
                result.outcomes["bad"] += 1
        except EOFError:
            result.bad.append(f"{stage}, seed {seeds[begun]}: the process was killed")
            result.outcomes["bad"] += 1
        process.kill()
        process.join()
        seeds = seeds[begun + 1 :]
    return result


def _in_time(channel: Connection, process: int) -> bool:
    """Wait for the next message; False where the process takes too long for it."""
    start, used = time.monotonic(), _core_seconds(process)
    while not channel.poll(0.5):
        if time.monotonic() - start > PATIENCE_SECONDS or _core_seconds(process) - used > LIMIT_SECONDS:
            return False
    return True


def _core_seconds(process: int) -> float:
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:  # not Linux, or ended
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def fuzz_all(
    cases: int, seed: int, folder: Path, stages: list[str], tell: Callable[[str], None] = print
) -> dict[str, Result]:
    whole = build(folder / "whole").folder
    results = {}
    os.environ |= {"BRAINSEG_DEVICE": "cpu", "BRAINSEG_WORKERS": "1"}
    for stage in stages:
        count = max(1, round(cases * SHARES[stage]))
        start = time.perf_counter()
        if (first := fuzz(stage, whole, folder / "case", [UNDAMAGED])).outcomes["fine"] != 1:
            raise AssertionError(f"{stage} fails on files that are whole: {first}")
        result = fuzz(stage, whole, folder / "case", [f"{seed} {stage} {number}" for number in range(count)])
        results[stage] = result
        tell(
            f"{stage:10}  {count:4d} cases  {result.outcomes['fine']:4d} fine  {result.outcomes['told']:4d} told"
            f"  {len(result.bad):3d} bad  longest {result.slowest_seconds:4.1f} s"
            f"  peak {result.peak_bytes / 1e6:5,.0f} MB  in {time.perf_counter() - start:.0f} s"
        )
        for line in result.bad:
            tell(f"    {line}")
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--stages", nargs="+", default=list(SHARES), choices=list(SHARES))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        results = fuzz_all(
            options.cases, options.seed, Path(folder), options.stages, lambda line: print(line, flush=True)
        )
    sys.exit(any(result.bad for result in results.values()))


if __name__ == "__main__":
    main()
