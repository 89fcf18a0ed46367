import time

import pytest

from brainseg.sweep.cluster import patience
from brainseg.sweep.cluster.patience import OutOfPatienceError, patiently


@pytest.fixture
def slept(monkeypatch) -> list[float]:
    """How long it slept, one after the other; the clock goes on by as much."""
    waits, now = [], [0.0]

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        now[0] += seconds

    monkeypatch.setattr(time, "sleep", sleep)
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return waits


def fails(times: int, error: Exception):
    left = iter([error] * times)

    def action() -> str:
        if fault := next(left, None):
            raise fault
        return "done"

    return action


def test_what_succeeds_is_done_once(slept):
    assert patiently(fails(0, OSError()), "dvc push", print) == "done"
    assert slept == []


def test_what_fails_is_tried_again_after_ever_longer_waits(slept):
    reported: list[str] = []
    assert patiently(fails(7, OSError("connection\n refused")), "dvc push", reported.append) == "done"
    assert slept == [1, 2, 4, 8, 16, 30, 30]
    assert reported[0] == "dvc push failed: connection refused; once more in 1 s"


def test_it_ends_after_the_time_given_with_the_last_reason(slept):
    with pytest.raises(OutOfPatienceError, match=r"^dvc push failed: TimeoutError \(tried for 20 s\)$"):
        patiently(fails(99, TimeoutError()), "dvc push", str, seconds=20)
    assert slept == [1, 2, 4, 8, 5]  # a last try at the end


def test_the_time_is_the_modules_unless_given(slept, monkeypatch):
    monkeypatch.setattr(patience, "PATIENCE_SECONDS", 1.0)
    with pytest.raises(OutOfPatienceError, match="tried for 1 s"):
        patiently(fails(99, OSError()), "dvc push", str)


def test_a_final_exception_is_not_tried_again(slept):
    with pytest.raises(KeyError):
        patiently(fails(1, KeyError()), "dvc push", str, final=(KeyError,))
    assert slept == []
