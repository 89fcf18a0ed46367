import os
import signal
import subprocess
import sys
from importlib.metadata import version

import pytest


def dvc(parent: int, *words: str, folder) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "brainseg.sweep.dvc_process", str(parent), *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_it_is_dvc(tmp_path):
    done = dvc(os.getpid(), "--version", folder=tmp_path)
    assert (done.returncode, done.stdout.strip()) == (0, version("dvc"))


@pytest.mark.parametrize("words", [("status",), ("no-such-command",)])
def test_it_fails_where_dvc_does(tmp_path, words):
    done = dvc(os.getpid(), *words, folder=tmp_path)  # no project
    assert done.returncode > 0
    assert "Traceback" not in done.stderr


def test_it_is_killed_at_once_if_who_started_it_is_gone_already(tmp_path):
    done = dvc(os.getppid(), "--version", folder=tmp_path)  # another than the one that starts it
    assert (done.returncode, done.stdout) == (-signal.SIGKILL, "")
