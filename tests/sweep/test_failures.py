from pathlib import Path

import pytest

from brainseg.sweep.failures import Failures
from tests.sweep.small_sweep import row

DICE, BCE = row("dice"), row("bce", {"loss": "bce"})


@pytest.fixture
def failures(tmp_path: Path) -> Failures:
    return Failures(tmp_path / "tune", "sha 1")


def test_none_failed_at_first(failures):
    assert failures.reason(DICE) is None


def test_a_failure_is_remembered_with_its_reason(failures):
    failures.remember(DICE, "out of memory")
    failures.remember(BCE, "a full disk")
    assert (failures.reason(DICE), failures.reason(BCE)) == ("out of memory", "a full disk")
    assert Failures(failures.folder, "sha 1").reason(DICE) == "out of memory"  # also by the next process
    assert sorted(path.name for path in failures.folder.iterdir()) == ["bce.failed", "dice.failed"]


def test_the_last_reason_counts(failures):
    failures.remember(DICE, "out of memory")
    failures.remember(DICE, "a full disk")
    assert failures.reason(DICE) == "a full disk"


def test_what_is_forgotten_did_not_fail(failures):
    failures.remember(DICE, "out of memory")
    failures.forget(DICE)
    assert failures.reason(DICE) is None
    failures.forget(DICE)  # once more does no harm


def test_at_another_commit_it_may_do(failures):
    failures.remember(DICE, "out of memory")
    assert Failures(failures.folder, "sha 2").reason(DICE) is None


@pytest.mark.parametrize("changes", [{"seed": 1}, {"optims.adam.lr": 0.0020001}, {"archs.unet.features": 16}])
def test_with_other_settings_it_may_do(failures, changes):
    failures.remember(DICE, "out of memory")
    assert failures.reason(row("dice", changes)) is None


@pytest.mark.parametrize("lr", [1e-5, 0.1 + 0.2, 1 / 3])
def test_the_same_settings_are_known_again_to_the_last_digit(failures, lr):
    failures.remember(row("dice", {"optims.adam.lr": lr}), "out of memory")
    assert failures.reason(row("dice", {"optims.adam.lr": lr})) == "out of memory"


@pytest.mark.parametrize("content", [b"", b'{"reason": "out of', b"\xff\xfe"])
def test_a_damaged_record_is_none(failures, content):
    failures.remember(DICE, "out of memory")
    (failures.folder / "dice.failed").write_bytes(content)
    assert failures.reason(DICE) is None
