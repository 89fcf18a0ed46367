import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from brainseg.core.errors import UserError
from brainseg.parallel import parallel_map, parallel_results, process_number

SCRIPT = """
import os, signal, sys, threading, time
from brainseg.parallel import parallel_map

signal.alarm(6)  # the end of every process, should this test fail

def work(item):
    os.write(1, b"working\\n")  # at once, so that lines of two processes do not mix
    time.sleep(20)

if __name__ == "__main__":
    if "starting" in sys.argv:
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGKILL)).start()
    parallel_map(work, [1, 2], "working")
elif "starting" in sys.argv:
    time.sleep(0.7)  # a stage's imports take longer
"""


def work_on(item: str) -> str:
    """What the item's name says."""
    if item == "wrong":
        raise UserError("it is wrong")
    if item == "large":
        raise MemoryError
    if item == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    return item.upper()


@pytest.fixture(autouse=True)
def two_workers(monkeypatch):
    monkeypatch.setenv("BRAINSEG_WORKERS", "2")


def test_results_come_in_the_order_of_the_items():
    assert parallel_map(work_on, ["c", "a", "b"], "working") == ["C", "A", "B"]


def test_an_error_arrives_as_it_was_raised():
    with pytest.raises(UserError, match="^it is wrong$"):
        parallel_map(work_on, ["right", "wrong"], "working")


def number_of_process(item: int) -> int:
    time.sleep(0.2)  # so that no process takes all
    return process_number()


def test_each_process_has_a_number():
    assert set(parallel_map(number_of_process, range(6), "working", 3)) == {0, 1, 2}
    assert process_number() == 0


def process(item: int) -> int:
    return os.getpid()


def test_one_worker_is_this_process(monkeypatch):
    assert os.getpid() not in parallel_map(process, [1, 2], "working")
    monkeypatch.setenv("BRAINSEG_WORKERS", "1")
    assert parallel_map(process, [1, 2], "working") == [os.getpid()] * 2
    assert parallel_map(process, [1, 2], "working", 2) != [os.getpid()] * 2


def test_one_worker_reports_errors_as_several_do(monkeypatch):
    monkeypatch.setenv("BRAINSEG_WORKERS", "1")
    assert parallel_map(work_on, ["c", "a"], "working") == ["C", "A"]
    with pytest.raises(UserError, match="^it is wrong$"):
        parallel_map(work_on, ["wrong"], "working")
    with pytest.raises(UserError, match="^working large: no memory left"):
        parallel_map(work_on, ["large"], "working")


def test_results_come_one_after_the_other():
    results = parallel_results(work_on, ["b", "wrong", "a"], "working")
    assert next(results) == "B"
    with pytest.raises(UserError, match="^it is wrong$"):
        next(results)
    assert list(parallel_results(work_on, [], "working")) == []


def test_a_killed_process_is_reported():
    with pytest.raises(
        UserError, match="working: a process was killed, most likely for memory; set BRAINSEG_WORKERS=1"
    ):
        parallel_map(work_on, ["killed"], "working")


def started(folder: Path, *arguments: str) -> subprocess.Popen:
    script = folder / "script.py"
    script.write_text(SCRIPT)
    # the processes hold its stdout as well: only when all are gone does it end
    return subprocess.Popen([sys.executable, script, *arguments], stdout=subprocess.PIPE, text=True)


def test_the_processes_die_with_their_parent(tmp_path):
    with started(tmp_path) as parent:
        assert [parent.stdout.readline() for _ in range(2)] == ["working\n"] * 2
        start = time.monotonic()
        parent.kill()
        assert parent.stdout.read() == ""
        assert time.monotonic() - start < 2


def test_processes_that_were_only_starting_die_with_their_parent(tmp_path):
    start = time.monotonic()
    with started(tmp_path, "starting") as parent:
        assert parent.stdout.read() == ""
        assert time.monotonic() - start < 5


def test_a_lack_of_memory_is_reported_with_the_item():
    with pytest.raises(UserError, match="^working large: no memory left; set BRAINSEG_WORKERS=1"):
        parallel_map(work_on, ["right", "large"], "working")
