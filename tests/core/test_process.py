import subprocess
import sys
import time

import pytest

CHILD = "import time; from brainseg.core.process import exit_with_parent; exit_with_parent(); \
print('watching', flush=True); time.sleep(0.7); print('alive', flush=True); time.sleep(20)"
PARENT = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])"


@pytest.fixture
def parent():
    """A process with a child that watches it; both write to one pipe."""
    with subprocess.Popen([sys.executable, "-c", PARENT, CHILD], stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def test_a_child_lives_on_while_its_parent_does(parent):
    assert parent.stdout.readline() == "watching\n"
    assert parent.stdout.readline() == "alive\n"


def test_a_child_dies_soon_after_its_parent_was_killed(parent):
    assert parent.stdout.readline() == "watching\n"
    start = time.monotonic()
    parent.kill()
    assert parent.stdout.read() == ""  # until the last process that holds the pipe is gone
    assert time.monotonic() - start < 2
