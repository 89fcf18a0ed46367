import os
import sys
import threading
from pathlib import Path

import pytest
import torch

from brainseg.core.errors import UserError
from brainseg.sweep import workers
from brainseg.sweep.project import Project
from brainseg.sweep.workers import RowFailedError, Workers, environments, failure_reason
from tests.sweep.small_sweep import row


@pytest.fixture(autouse=True)
def eight_cores_and_no_gpu(monkeypatch):
    for name in ("CUDA_VISIBLE_DEVICES", "BRAINSEG_DEVICE", "BRAINSEG_WORKERS", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    gpus(monkeypatch, 0)


def gpus(monkeypatch, count: int) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)


def given(jobs: int | None, name: str) -> list[str | None]:
    return [environment.get(name) for environment in environments(jobs, 64)]


def test_one_worker_has_all_cores():
    for jobs in (None, 1):
        [environment] = environments(jobs, 64)
        assert "OMP_NUM_THREADS" not in environment and "BRAINSEG_WORKERS" not in environment


@pytest.mark.parametrize(("jobs", "threads"), [(2, "4"), (3, "2"), (8, "1"), (20, "1")])
def test_several_workers_divide_the_cores(jobs, threads):
    assert given(jobs, "OMP_NUM_THREADS") == given(jobs, "BRAINSEG_WORKERS") == [threads] * jobs


def test_cores_that_the_user_gave_are_what_is_divided(monkeypatch):
    monkeypatch.setenv("BRAINSEG_WORKERS", "6")
    assert given(2, "BRAINSEG_WORKERS") == ["3", "3"]
    monkeypatch.setenv("BRAINSEG_WORKERS", "many")
    with pytest.raises(UserError, match="BRAINSEG_WORKERS is 'many'"):
        environments(2, 64)


@pytest.mark.parametrize("count", [0, 1])
def test_with_one_gpu_or_none_they_share_what_there_is(monkeypatch, count):
    gpus(monkeypatch, count)
    assert given(None, "CUDA_VISIBLE_DEVICES") == [None]
    assert given(2, "CUDA_VISIBLE_DEVICES") == [None, None]


@pytest.mark.parametrize(
    ("jobs", "expected"),
    [(None, ["0", "1", "2"]), (1, ["0"]), (2, ["0", "1"]), (3, ["0", "1", "2"]), (5, ["0", "1", "2", "0", "1"])],
)
def test_with_several_gpus_each_worker_has_one(monkeypatch, jobs, expected):
    gpus(monkeypatch, 3)
    assert given(jobs, "CUDA_VISIBLE_DEVICES") == expected


@pytest.mark.parametrize(
    ("visible", "expected"),
    [("2,5", ["2", "5"]), ("GPU-a,GPU-b", ["GPU-a", "GPU-b"]), ("3", ["3"]), ("", [""])],
)
def test_only_the_gpus_that_are_visible_are_given(monkeypatch, visible, expected):
    gpus(monkeypatch, len([it for it in visible.split(",") if it]))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert given(None, "CUDA_VISIBLE_DEVICES") == expected


def test_who_chose_a_device_has_it_in_all_workers(monkeypatch):
    gpus(monkeypatch, 4)
    monkeypatch.setenv("BRAINSEG_DEVICE", "cuda:1")
    assert given(None, "CUDA_VISIBLE_DEVICES") == [None]
    assert given(2, "CUDA_VISIBLE_DEVICES") == [None, None]
    assert given(2, "BRAINSEG_DEVICE") == ["cuda:1", "cuda:1"]


def test_an_empty_device_is_none_chosen(monkeypatch):
    gpus(monkeypatch, 2)
    monkeypatch.setenv("BRAINSEG_DEVICE", "")  # as for brainseg.device
    assert given(None, "CUDA_VISIBLE_DEVICES") == ["0", "1"]


def test_programs_beside_this_python_are_found_and_dvcs_own_variables_are_not_passed_on(monkeypatch):
    monkeypatch.setenv("DVC_EXP_NAME", "of another run")
    monkeypatch.setenv("HOME", "/home/me")
    [environment] = environments(None, 64)
    assert environment["PATH"].split(os.pathsep)[0] == str(Path(sys.executable).parent)
    assert environment["PATH"].endswith(os.environ["PATH"])
    assert "DVC_EXP_NAME" not in environment
    assert environment["HOME"] == "/home/me"


REASONS = {
    "an error of ours": (
        "Running stage 'train':\nepoch   1/40\nerror: the loss became nan in epoch 2\n"
        "ERROR: failed to reproduce 'train': exited with 1\n",
        "the loss became nan in epoch 2",
    ),
    "the last of ours": ("error: first\nerror: second\nERROR: failed\n", "second"),
    "an error of DVC": ("Running\nERROR: failed to reproduce 'train'\nmore\n", "failed to reproduce 'train'"),
    "the last of DVC": ("ERROR: one\nERROR: two\n", "two"),
    "indented": ("  error: deep inside\n", "deep inside"),
    "a traceback": ("Traceback (most recent call last):\n  File\nMemoryError: of memory\n\n", "MemoryError: of memory"),
    "not at the start": ("an error: in words\nlast words\n", "last words"),
    "blank": ("\n  \n", "no word of it"),
    "empty": ("", "no word of it"),
}


@pytest.mark.parametrize(("log", "reason"), REASONS.values(), ids=REASONS)
def test_the_reason_is_the_line_that_names_it(tmp_path, log, reason):
    (tmp_path / "a.log").write_text(log)
    assert failure_reason(tmp_path / "a.log") == reason


def test_a_log_of_odd_bytes_has_a_reason_too(tmp_path):
    (tmp_path / "a.log").write_bytes(b"\xff\nerror: full disk\n")
    assert failure_reason(tmp_path / "a.log") == "full disk"


ROWS = [row(f"seed{seed}", {"seed": seed}) for seed in range(6)]


@pytest.fixture
def ended(tmp_path, monkeypatch):
    """Runs all rows with a stand-in for a row's run: what went wrong with each."""

    def run(run_row, count: int = 2) -> dict[str, str]:
        reported: dict[str, str] = {}
        monkeypatch.setattr(workers, "POLL_SECONDS", 0.01)
        monkeypatch.setattr(Workers, "_run", lambda self, row, environment: run_row(row, environment))
        started = Workers(
            Project(tmp_path, Path(), tmp_path, "sha", tmp_path),
            "tune",
            [{"number": str(it)} for it in range(count)],
            0,
        )
        started.run(
            ROWS, lambda row, fault, seconds: reported.update({row.short: str(fault or f"fine {seconds >= 0}")})
        )
        return reported

    return run


def test_all_rows_are_run_also_after_one_that_failed(ended):
    def run(row, environment):
        if row.short == "seed1":
            raise RowFailedError("out of memory")
        if row.short == "seed2":
            raise OSError("no space left")

    fine = dict.fromkeys([row.short for row in ROWS], "fine True")
    assert ended(run) == fine | {"seed1": "out of memory", "seed2": "no space left"}


@pytest.mark.parametrize("count", [1, 3])
def test_no_two_rows_have_one_environment_at_a_time(ended, count):
    busy, seen, lock = set(), [], threading.Lock()

    def run(row, environment):
        with lock:
            assert environment["number"] not in busy
            busy.add(environment["number"])
            seen.append(environment["number"])
        threading.Event().wait(0.02)
        with lock:
            busy.remove(environment["number"])

    assert len(ended(run, count)) == len(seen) == len(ROWS)
    assert len(set(seen)) == count


def test_ctrl_c_in_a_row_ends_the_sweep(ended):
    started = []

    def run(row, environment):
        started.append(row.short)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ended(run, 1)
    assert len(started) < len(ROWS)


def test_there_are_no_more_workers_than_rows():
    assert len(environments(8, 2)) == 2


def test_what_git_sets_for_a_hook_and_where_experiments_are_pushed_is_not_passed_on(monkeypatch):
    monkeypatch.setenv("GIT_DIR", "/somewhere/.git")
    [environment] = environments(1, 1)
    assert "GIT_DIR" not in environment
    assert environment["DVC_EXP_AUTO_PUSH"] == "false"
