"""What `brainseg sweep` does, with rows that are written by hand instead of trained."""

import fcntl
import json
import os
import re
import subprocess
import sys

import pytest

from brainseg.core.errors import UserError
from brainseg.sweep import run as module
from brainseg.sweep.place import Place
from brainseg.sweep.plan import Row
from brainseg.sweep.run import _alone, _parsed, _preview, run
from brainseg.sweep.workers import RowFailedError, Workers
from tests.compare.small_project import FILES
from tests.sweep.small_sweep import SmallProject, committed, row


class Sweep:
    """Runs a sweep in a project; a row named in `failing` fails."""

    def __init__(self, project: SmallProject) -> None:
        self.project, self.failing, self.ran = project, {}, []

    def row(self, given: Row) -> None:
        self.ran.append(given.short)
        if given.short in self.failing:
            raise RowFailedError(self.failing[given.short])
        by = len(given.params["loss"]) / 100
        lines = [f"p{number},test,{0.4 + by + number / 1000:.4f},0.5" for number in range(10)]
        written = {"metrics/per_volume.csv": "\n".join(["patient,subset,dsc,iou", *lines]) + "\n"}
        trained = json.loads(FILES["metrics/training.json"]) | {"validation_dsc": {"last_epoch": by}}
        timing = {"device": "cpu", "training_seconds": 60.0, "seconds_per_epoch": 20.0}
        written |= {"metrics/training.json": json.dumps(trained), "metrics/timing.json": json.dumps(timing)}
        self.project.experiment(given.name, given.changes | written)

    def run(self, text: str = "grid: {loss: [dice, bce]}", name: str | None = None, **options: object) -> None:
        path = self.project.folder.parent / "tune.yaml"
        path.write_text(text)
        usual = {"chosen": [], "overrides": [], "place": Place(), "retry": False, "dry_run": False}
        run(path, name, **usual | {"out": self.project.folder.parent / "out"} | options)


@pytest.fixture
def sweep(tmp_path, monkeypatch) -> Sweep:
    for name in ("DVC_GLOBAL_CONFIG_DIR", "DVC_SYSTEM_CONFIG_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "no config of mine"))
    project = committed(tmp_path / "project")
    project.write(".gitignore", (project.folder / ".gitignore").read_text() + "/runs/\n")
    project.commit()
    monkeypatch.chdir(project.folder)
    monkeypatch.setattr(module, "plan", planned)
    started = Sweep(project)
    monkeypatch.setattr(Workers, "_run", lambda self, given, environment: started.row(given))
    return started


def planned(sweep, name, params, overrides) -> list[Row]:
    """Without the check of params.yaml, which the small project's would not pass."""
    return [row(loss, {"loss": loss} | overrides) for loss in sweep.grid["loss"]]


def test_rows_are_run_ranked_and_compared(sweep, capsys, tmp_path):
    sweep.run()
    printed = capsys.readouterr().out
    assert sweep.ran == ["dice", "bce"]
    assert printed.startswith("tune: 2 rows; 2 to run\n")
    assert re.search(r"^1/2 tune-dice finished in 0 s.*\n2/2 tune-bce finished in 0 s$", printed, re.MULTILINE)
    best = printed.partition("## Best by the validation patients")[2].strip().splitlines()[2]
    assert [cell.strip() for cell in best.strip("|").split("|")][:2] == ["dice", "0.0400"]
    assert set(json.loads((tmp_path / "out" / "comparison.json").read_text())["methods"]) == {"tune-dice", "tune-bce"}


def test_what_is_finished_is_not_run_again(sweep, capsys):
    sweep.run()
    sweep.run("grid: {loss: [dice, bce, log_cosh_dice]}")
    assert sweep.ran == ["dice", "bce", "log_cosh_dice"]
    assert "tune: 3 rows, 2 finished before; 1 to run" in capsys.readouterr().out


def test_a_row_that_failed_is_reported_and_run_again_only_when_asked(sweep, capsys):
    sweep.failing["bce"] = "out of memory"
    with pytest.raises(UserError) as error:
        sweep.run()
    failed, logs = str(error.value).splitlines()
    assert failed == "tune-bce failed: out of memory"
    assert f"{sweep.project.folder}/runs/sweeps/tune/ROW.log" in logs and "--retry" in logs
    assert "2/2 tune-bce failed: out of memory" in capsys.readouterr().out

    sweep.failing.clear()
    with pytest.raises(UserError, match="tune-bce failed: out of memory"):
        sweep.run()
    assert "tune: 2 rows, 1 finished before, 1 failed before; 0 to run" in capsys.readouterr().out
    sweep.run(retry=True)
    assert sweep.ran == ["dice", "bce", "bce"]
    assert "tune: 2 rows, 1 finished before; 1 to run" in capsys.readouterr().out


def test_one_finished_row_is_not_compared(sweep, capsys, tmp_path):
    sweep.run("grid: {loss: [dice]}")
    printed = capsys.readouterr().out
    assert "tune: 1 row; 1 to run" in printed and "not compared: " in printed
    assert "## Best" not in printed  # nothing varies
    assert not (tmp_path / "out").exists()


def test_a_search_that_stops_after_training_is_ranked_and_not_compared(sweep, capsys, tmp_path):
    sweep.run("grid: {loss: [dice, bce]}\nuntil: train")
    printed = capsys.readouterr().out
    assert "## Best by the validation patients" in printed and "compared" not in printed
    assert not (tmp_path / "out").exists()


def test_a_ranking_that_would_not_be_fair_is_reported_and_the_comparison_goes_on(sweep, capsys, tmp_path):
    sweep.run(overrides=["split.strategy=report"])
    assert "not ranked: split.strategy is report" in capsys.readouterr().out
    assert (tmp_path / "out" / "comparison.md").exists()


def test_a_dry_run_says_what_is_finished_what_failed_and_what_is_to_run(sweep, capsys):
    sweep.failing["bce"] = "out of memory"
    with pytest.raises(UserError):
        sweep.run()
    capsys.readouterr()
    sweep.run("grid: {loss: [dice, bce, log_cosh_dice]}", dry_run=True)
    states = re.findall(r"\| (tune-\w+) +\| ([a-z ]+?) +\| (\S+)", capsys.readouterr().out)
    assert states == [
        ("tune-dice", "finished", "loss=dice"),
        ("tune-bce", "failed", "loss=bce"),
        ("tune-log_cosh_dice", "to run", "loss=log_cosh_dice"),
    ]
    assert sweep.ran == ["dice", "bce"]


def test_nothing_is_run_if_the_comparison_could_not_be_written(sweep, tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(UserError, match="--out is .*out, a file"):
        sweep.run()
    assert sweep.ran == []


def test_what_all_rows_share_is_reported_once(tmp_path):
    rows = [row("a", {"seed": 1, "loss": "dice"}), row("b", {"seed": 1, "loss": "bce"})]
    failures = module.Failures(tmp_path, "sha")
    reported = _preview(rows, {"tune-a": "sha"}, failures)
    assert reported.startswith("All rows: seed=1\n\n") and reported.count("seed=1") == 1
    assert _preview([row("a")], {}, failures).startswith("All rows: params.yaml as it is\n")


def test_values_are_those_of_yaml_and_may_hold_an_equals_sign():
    assert _parsed(["a.b=1e-4", "c=[1, x]", "d=", "e=x=y", "f=yes", "a.b=2"]) == {
        "a.b": 2,
        "c": [1, "x"],
        "d": None,
        "e": "x=y",
        "f": "yes",
    }


@pytest.mark.parametrize("given", ["loss", "loss=[dice", "seed=!!int x"])
def test_what_is_no_value_is_reported_as_it_was_given(given):
    with pytest.raises(UserError, match=re.escape(f"--set {given}: ")):
        _parsed([given])


HOLD = (
    "import fcntl, sys; f = open(sys.argv[1], 'a+'); fcntl.flock(f, fcntl.LOCK_EX); print('held', flush=True); input()"
)


def test_a_second_sweep_of_one_name_is_refused_until_the_first_has_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.2)
    lock = tmp_path / "lock"
    command = [sys.executable, "-c", HOLD, lock]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(UserError, match="the sweep tune runs already"), _alone(lock, "tune"):
            pass
        other.communicate("\n")
    with _alone(lock, "tune") as descriptor:
        assert os.fstat(descriptor).st_ino == lock.stat().st_ino
        with lock.open("a+") as again, pytest.raises(BlockingIOError):
            fcntl.flock(again, fcntl.LOCK_EX | fcntl.LOCK_NB)
