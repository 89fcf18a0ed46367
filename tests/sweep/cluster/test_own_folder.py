import subprocess
import sys

import pytest

from brainseg.sweep.cluster.own_folder import own_folder

HOLD = """
import sys, time
from pathlib import Path
from brainseg.sweep.cluster.own_folder import own_folder
with own_folder(Path(sys.argv[1]), "row") as (folder, lock):
    print(folder, flush=True)
    time.sleep(60)
"""


def names(parent) -> list[str]:
    return sorted(path.name for path in parent.iterdir())


def test_each_has_a_folder_that_is_gone_at_the_end(tmp_path):
    with pytest.raises(KeyboardInterrupt), own_folder(tmp_path, "row") as (one, _):
        with own_folder(tmp_path, "row") as (two, _):
            assert one != two and one.is_dir() and two.is_dir()
        assert one.is_dir() and not two.exists()
        raise KeyboardInterrupt
    assert names(tmp_path) == ["folders.lock"]


def start(tmp_path) -> tuple[subprocess.Popen, str]:
    process = subprocess.Popen([sys.executable, "-c", HOLD, tmp_path], stdout=subprocess.PIPE, text=True)
    return process, process.stdout.readline().strip().rpartition("/")[2]


def test_the_folder_of_a_killed_process_is_removed_by_the_next_and_that_of_a_running_one_stays(tmp_path):
    killed, left = start(tmp_path)
    running, kept = start(tmp_path)
    try:
        killed.kill()
        killed.wait()
        assert left in names(tmp_path)
        with own_folder(tmp_path, "row"):
            assert left not in names(tmp_path) and kept in names(tmp_path)
        assert names(tmp_path) == ["folders.lock", kept, f"{kept}.lock"]
    finally:
        running.kill()
        running.wait()
