"""Training is killed, and the next `dvc repro` ends with the bytes of one that was not."""

import subprocess
import time
from pathlib import Path

import psutil
import pytest

OUTS = ["data/weights/last.pt", "data/weights/best.pt", "plots/history.csv"]
OUTS += ["metrics/validation_per_epoch.csv", "metrics/training.json"]
GOES_ON = "going on after epoch"
FIRST, MIDDLE, LAST = "epoch   1/40", "epoch  20/40", "epoch  40/40"
# a line of the log after which the kill comes, and whether an epoch is saved by then
POINTS = {
    "starting": ("Running stage 'train'", False),
    "before the first epoch": ("parameters, on cpu", False),
    "after the first epoch": (FIRST, True),
    "in the middle": (MIDDLE, True),
    "at the end": (LAST, True),
}
KILLED = {"the trainer": ["trainer"], "DVC": ["dvc"], "both": ["dvc", "trainer"]}
# each point and each who; all of them only where an epoch is behind and one under way
CASES = [("starting", "both"), ("before the first epoch", "the trainer"), ("after the first epoch", "DVC")]
CASES += [("in the middle", who) for who in KILLED] + [("at the end", "the trainer"), ("at the end", "DVC")]


@pytest.fixture(scope="module")
def long_project(reproduced, tmp_path_factory):
    """A project that has yet to train for forty epochs."""
    project = reproduced.copy_to(tmp_path_factory.mktemp("kills") / "long")
    project.set("train.epochs", 40)
    project.repro("preprocess", "split")
    project.commit()
    return project


def trained(project) -> dict[str, bytes]:
    return {out: (project.folder / out).read_bytes() for out in OUTS}


@pytest.fixture(scope="module")
def uninterrupted(long_project, tmp_path_factory) -> dict[str, bytes]:
    project = long_project.copy_to(tmp_path_factory.mktemp("kills") / "uninterrupted")
    assert GOES_ON not in project.run("dvc", "repro", "train")
    return trained(project)


@pytest.fixture
def project(long_project, tmp_path):
    return long_project.copy_to(tmp_path / "project")


def kill(project, line: str, who: list[str], *command: str) -> None:
    """Start training, by default with `dvc repro train`, and kill some of it after a line of its log."""
    command = command or ("dvc", "repro", "train")
    # its log in a file: a pipe would stay open for as long as a trainer that was left behind
    log = project.folder.parent / "killed.log"
    with log.open("w") as file:
        dvc = subprocess.Popen(
            command, cwd=project.folder, env=project.environment, stdout=file, stderr=subprocess.STDOUT
        )
    wait_for(lambda: line in log.read_text() or dvc.poll() is not None)
    assert line in log.read_text(), log.read_text()
    wait_for(lambda: trainers(project.folder) or dvc.poll() is not None)
    processes = {"dvc": [psutil.Process(dvc.pid)], "trainer": trainers(project.folder)}
    for process in [process for name in who for process in processes[name]]:
        process.kill()
    dvc.wait()
    wait_for(lambda: not trainers(project.folder))  # who kills DVC means its trainer too


def trainers(folder: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.cmdline()[1:] == ["-m", "stages.train"] and Path(process.cwd()).is_relative_to(folder):
                found.append(process)
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            pass
    return found


def wait_for(condition, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


FAST = ("in the middle", "both")  # in both tiers
PARAMS = [pytest.param(*case, marks=() if case == FAST else pytest.mark.slow) for case in CASES]


@pytest.mark.parametrize(("point", "killed"), PARAMS)
def test_after_a_kill_the_next_repro_gives_the_same_bytes(project, uninterrupted, point, killed):
    (line, is_saved), who = POINTS[point], KILLED[killed]
    kill(project, line, who)
    unfinished = any(project.folder.glob("runs/unfinished/*.pt"))
    if "trainer" in who and line != LAST:  # it lives on for 0.2 s after DVC, and may be through by then
        assert unfinished == is_saved
    log = project.run("dvc", "repro", "train")
    assert (GOES_ON in log) == unfinished
    assert trained(project) == uninterrupted
    assert not list((project.folder / "runs" / "unfinished").iterdir())
    assert "aside" not in project.run("git", "status", "--short")


@pytest.mark.slow
def test_another_experiment_in_between_neither_takes_the_state_nor_spoils_it(project, uninterrupted, tmp_path):
    other = project.copy_to(tmp_path / "other")
    for each in (project, other):
        each.set("loss", "bce")
    other.run("dvc", "repro", "train")

    project.set("loss", "dice")
    kill(project, MIDDLE, ["dvc", "trainer"])
    project.set("loss", "bce")
    assert GOES_ON not in project.run("dvc", "repro", "train")
    assert trained(project) == trained(other)
    project.set("loss", "dice")
    assert GOES_ON in project.run("dvc", "repro", "train")
    assert trained(project) == uninterrupted


@pytest.mark.slow
def test_an_experiment_in_a_folder_of_its_own_goes_on_where_the_workspace_was_stopped(project, uninterrupted):
    kill(project, MIDDLE, ["dvc", "trainer"])
    project.run("git", "checkout", "--quiet", ".")
    assert GOES_ON in project.run("dvc", "exp", "run", "--temp", "--name", "went-on", "train")
    project.run("dvc", "exp", "apply", "went-on")
    assert trained(project) == uninterrupted


@pytest.mark.slow
def test_the_workspace_goes_on_where_an_experiment_in_a_folder_of_its_own_was_stopped(project, uninterrupted):
    kill(project, MIDDLE, ["dvc", "trainer"], "dvc", "exp", "run", "--temp", "train")
    assert GOES_ON in project.run("dvc", "repro", "train")
    assert trained(project) == uninterrupted


@pytest.mark.slow
def test_the_same_training_twice_at_once_is_reported_in_one_line(project):
    project.set("train.epochs", 2000)
    command = ["python", "-m", "stages.train"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=project.folder, env=project.environment, **quiet) as first:
        try:
            wait_for(lambda: list(project.folder.glob("runs/unfinished/*.pt")))
            error = project.run(*command, ok=False).splitlines()[-1]
        finally:
            first.kill()
    assert error.startswith("error: ")
    assert f"the same training runs already, as process {first.pid}; wait for it, or end it" in error
