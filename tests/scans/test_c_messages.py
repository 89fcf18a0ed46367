import os
import sys

import pytest

from brainseg.scans.c_messages import silenced


def test_what_is_written_to_the_descriptor_is_lost_and_what_follows_is_not(capfd):
    print("before", file=sys.stderr)
    with silenced():
        os.write(2, b"from C\n")
    print("after", file=sys.stderr)
    assert capfd.readouterr().err == "before\nafter\n"


def test_an_error_gives_stderr_back(capfd):
    open_before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else None  # noqa: PTH112, PTH208
    with pytest.raises(RuntimeError, match="fault"), silenced():
        raise RuntimeError("fault")
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "after\n"
    if open_before is not None:
        assert len(os.listdir("/proc/self/fd")) == open_before  # noqa: PTH208


def test_without_stderr_the_call_still_runs(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    with silenced():
        done = True
    assert done
