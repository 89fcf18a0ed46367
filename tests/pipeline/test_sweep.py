"""A sweep of real experiments: from one command to a compared table, killed, failing, and searching."""

import json
import os
import re
import signal
import subprocess
import time

import pytest

pytestmark = pytest.mark.slow

GRID = """
base: {train.epochs: 20}
grid: {loss: [dice, bce, iou]}
until: evaluate
"""
ROWS = ["few-bce", "few-dice", "few-iou"]
MOMENTS_SECONDS = [2.0, 8.0, 14.0]  # after which the sweep is killed, one after the other


def write(project, name: str, text: str) -> str:
    folder = project.folder.parent / f"{project.folder.name}-experiments"  # outside: the project stays as committed
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.yaml").write_text(text)
    return str(folder / f"{name}.yaml")


def experiments(project) -> list[str]:
    return sorted(re.findall(r"\[(.+)\]", project.run("dvc", "exp", "list")))


def scores(project, name: str) -> dict:
    return json.loads(project.run("git", "show", f"{revision(project, name)}:metrics/evaluation.json"))


def revision(project, name: str) -> str:
    [found] = re.findall(rf"^(\w+) .*/{name}$", project.run("git", "show-ref"), re.MULTILINE)
    return found


@pytest.fixture
def project(reproduced, tmp_path):
    """Of its own: experiments would stay in the one that all tests share."""
    return reproduced.copy_to(tmp_path / "project")


@pytest.fixture(scope="module")
def few(reproduced, tmp_path_factory):
    """A project in which the sweep `few` was run, and what it printed."""
    project = reproduced.copy_to(tmp_path_factory.mktemp("sweep") / "few")
    return project, project.run("brainseg", "sweep", write(project, "few", GRID), "--jobs", "2")


def test_one_command_leads_from_a_file_to_a_compared_table(few):
    project, printed = few
    assert experiments(project) == ROWS
    assert "few: 3 rows; 3 to run" in printed
    assert len(re.findall(r"^\d/3 few-\w+ finished in ", printed, re.MULTILINE)) == 3
    assert "## Best by the validation patients" in printed
    assert "# 3 methods, 3 experiments" in printed
    assert (project.folder / "comparison" / "comparison.md").exists()


def test_the_workspace_is_as_before_and_nothing_is_left_beside_it(few):
    project, _ = few
    assert project.run("git", "status", "--short") == ""
    assert list((project.folder / ".dvc" / "tmp" / "exps").iterdir()) == []


def test_finished_rows_are_retained(few):
    project, _ = few
    before = project.run("git", "show-ref")
    printed = project.run("brainseg", "sweep", write(project, "few", GRID))
    assert "few: 3 rows, 3 finished before; 0 to run" in printed
    assert project.run("git", "show-ref") == before


def test_a_sweep_of_the_same_name_with_other_settings_is_refused(few):
    project, _ = few
    printed = project.run("brainseg", "sweep", write(project, "few", GRID), "--set", "train.epochs=19", ok=False)
    assert "few-dice: there is an experiment of this name with train.epochs 20, not 19; " in printed


def test_killed_at_any_moment_and_run_again_each_row_is_there_once_with_the_same_scores(few, reproduced, tmp_path):
    uninterrupted, _ = few
    project = reproduced.copy_to(tmp_path / "killed")
    command = ["brainseg", "sweep", write(project, "few", GRID), "--jobs", "2"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    for seconds in MOMENTS_SECONDS:
        with subprocess.Popen(command, cwd=project.folder, env=project.environment, **quiet) as sweep:
            time.sleep(seconds)
            sweep.kill()
        assert project.run("git", "status", "--short") == ""  # the workspace is never written to
    project.run(*command)
    assert experiments(project) == ROWS
    assert [scores(project, name) for name in ROWS] == [scores(uninterrupted, name) for name in ROWS]
    assert list((project.folder / ".dvc" / "tmp" / "exps").iterdir()) == []


def test_ctrl_c_ends_it_with_all_that_it_started(project):
    path = write(project, "long", "base: {train.epochs: 5000}\ngrid: {seed: [0]}")
    log = project.folder / "runs" / "sweeps" / "long" / "seed0.log"
    with subprocess.Popen(
        ["brainseg", "sweep", path],
        cwd=project.folder,
        env=project.environment,
        stderr=subprocess.PIPE,
        text=True,
        # tests that run in the background have it ignored, and children inherit that
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as sweep:
        end = time.monotonic() + 60
        while time.monotonic() < end and not (log.exists() and "epoch  " in log.read_text()):
            time.sleep(0.1)
        os.kill(sweep.pid, signal.SIGINT)
        _, errors = sweep.communicate(timeout=20)
    assert errors.splitlines()[-1] == "interrupted"
    assert sweep.returncode == 130
    written = log.stat().st_size
    time.sleep(1)
    assert log.stat().st_size == written
    assert list((project.folder / ".dvc" / "tmp" / "exps").glob("sweep-*")) == []


def test_a_row_that_fails_does_not_hold_up_the_others_and_is_run_again_on_demand(project):
    rows = "rows:\n  good: {seed: 1}\n  bad: {train.batch_size: 100000}\nuntil: train"
    path = write(project, "mixed", rows)
    printed = project.run("brainseg", "sweep", path, ok=False)
    assert experiments(project) == ["mixed-good"]
    assert "error: mixed-bad failed: params.yaml: train.batch_size is 100000" in printed
    printed = project.run("brainseg", "sweep", path, ok=False)
    assert "mixed: 2 rows, 1 finished before, 1 failed before; 0 to run" in printed
    printed = project.run("brainseg", "sweep", path, "--retry", ok=False)
    assert "1 finished before; 1 to run" in printed.replace(", 1 failed before", "")


def test_a_search_finds_the_planted_optimum_without_test_scores(project):
    """With the other rate the network stands still."""
    search = """
        base:
            datasets.phantom.patients: 16
            datasets.phantom.side_px: 48
            archs.unet.features: 4
            archs.unet.levels: 3
            train.epochs: 30
        grid: {optims.adam.lr: [1.0e-9, 1.0e-2]}
        until: train
    """
    printed = project.run("brainseg", "sweep", write(project, "search", search), "--jobs", "2")
    best = printed.partition("## Best by the validation patients")[2].strip().splitlines()[2]
    assert best.split("|")[1].strip() == "0.01"
    assert "## Verdicts" not in printed
    assert "test DSC" not in printed


def test_the_folds_answer_together_but_not_for_patients_whom_they_know(project):
    folds = "base: {split.strategy: kfold, split.folds: 2}\ngrid: {split.fold: [0, 1]}\nuntil: evaluate"
    project.run("brainseg", "sweep", write(project, "folds", folds), "--jobs", "2")
    printed = project.run("brainseg", "ensemble", "folds-*")
    assert "2 networks in data/ensemble: folds-fold0, folds-fold1" in printed
    project.set("predict.networks", "data/ensemble")
    printed = project.run("dvc", "repro", ok=False)
    assert "Running stage 'predict'" in printed
    assert "Running stage 'train'" not in printed
    # the other held-out patient was a validation patient, who does not choose the last weights
    assert "1 of 2 held-out patients trained a network of the ensemble" in printed


def test_networks_of_one_split_answer_together_for_those_whom_none_knows(few, tmp_path):
    project = few[0].copy_to(tmp_path / "project")
    project.run("brainseg", "ensemble", "few-dice", "few-bce")
    project.set("predict.networks", "data/ensemble")
    assert project.repro("evaluate") == ["check", "predict", "evaluate"]
    project.set("arch", "unetpp")
    printed = project.run("dvc", "repro", "evaluate", ok=False)
    assert "error: params.yaml: arch is unetpp; the ensemble learned with unet" in printed
