import sys
import time

import pytest

from brainseg.sweep.progress import ProgressTracker
from tests.sweep.small_sweep import row

TEN, THIRTY = row("ten", {"train.epochs": 10}), row("thirty", {"train.epochs": 30})


@pytest.fixture
def watch(tmp_path) -> ProgressTracker:
    return ProgressTracker([TEN, THIRTY], lambda row: tmp_path / f"{row.short}.log")


def write(watch: ProgressTracker, row, *lines: str) -> None:
    watch.log_of(row).write_text("".join(f"{line}\n" for line in lines))


def epoch(number: int, of: int) -> str:
    return f"epoch {number:{len(str(of))}d}/{of}  train loss 0.9000, validation loss 0.8, DSC 0.7"


def test_nothing_is_done_at_first(watch):
    assert (watch.total, watch.done(), watch.eta()) == (40, 0, "")


def test_a_running_row_is_as_far_as_its_log_says(watch):
    write(watch, THIRTY, "Running stage 'train':", epoch(1, 30), epoch(2, 30), epoch(3, 30), "a warning")
    assert watch.done() == 3


def test_all_rows_count(watch):
    write(watch, TEN, epoch(9, 10))
    write(watch, THIRTY, epoch(20, 30))
    assert watch.done() == 29


def test_a_training_that_goes_on_is_as_far_as_it_says(watch):
    write(watch, TEN, "going on after epoch 7, where this training was stopped", epoch(8, 10))
    assert watch.done() == 8


@pytest.mark.parametrize(
    "line", ["", "epoch", "best epoch 3/10 it was", "  epoch 3/10 ", "epoch 3 of 10", "epoch 3/10"]
)
def test_other_lines_are_no_epochs(watch, line):
    write(watch, TEN, line)
    assert watch.done() == 0


def test_a_log_of_odd_bytes_is_read_all_the_same(watch):
    watch.log_of(TEN).write_bytes(b"\xff\xfe\nepoch  4/10  train loss\n")
    assert watch.done() == 4


def test_a_row_that_failed_is_no_part_of_the_way(watch):
    total = watch.total
    watch.end(TEN, failed=True)
    assert (watch.done(), watch.total, len(watch.ended)) == (0, total - 10, 1)
    assert watch.eta() == ""


def test_a_row_that_ended_is_whole_whatever_its_log_says(watch):
    write(watch, TEN, epoch(2, 10))
    watch.end(TEN, failed=False)
    assert watch.done() == 10


def test_a_log_cannot_be_further_than_its_row(watch):
    write(watch, TEN, epoch(25, 30))
    assert watch.done() == 10


@pytest.mark.parametrize(
    ("epochs", "seconds", "reported"),
    [
        (1, 2, "about 78 s left"),  # 39 epochs of 2 seconds
        (10, 600, "about 30 min left"),  # 30 epochs of a minute
        (4, 1200, "about 3 h 00 min left"),  # 36 epochs of 5 minutes
    ],
)
def test_the_rest_takes_as_long_for_each_epoch(watch, monkeypatch, epochs, seconds, reported):
    write(watch, TEN, epoch(epochs, 10))
    monkeypatch.setattr(time, "monotonic", lambda: watch.start + seconds)
    assert watch.eta() == reported


def test_at_the_end_nothing_is_left(watch):
    watch.end(TEN, failed=False)
    watch.end(THIRTY, failed=False)
    assert (watch.done(), watch.eta()) == (40, "")


def test_without_a_terminal_there_is_no_bar(watch, monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False)
    with watch.bar():
        watch.end(TEN, failed=False)
    assert capsys.readouterr() == ("", "")


def test_on_a_terminal_the_bar_follows_the_logs(watch, monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr("brainseg.sweep.progress.LOOK_EVERY_SECONDS", 0.01)
    write(watch, THIRTY, epoch(20, 30))
    with watch.bar():
        watch.end(TEN, failed=False)
        time.sleep(0.3)
    reported = capsys.readouterr().err
    assert "1/2 rows; thirty" in reported and "30/40" in reported
