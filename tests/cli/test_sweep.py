"""`brainseg sweep` as a person runs it; what is checked comes before anything is run."""

import re
import shutil

import pytest
from typer.testing import CliRunner

from brainseg.cli.main import app
from tests.compare.small_project import SmallProject
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def to_sweep(tmp_path_factory) -> SmallProject:
    """The project's params.yaml and sweeps of two rows, committed; nothing was run."""
    project = SmallProject(tmp_path_factory.mktemp("sweeps") / "project")
    shutil.copy(ROOT / "params.yaml", project.folder)
    project.write("dvc.yaml", "stages: {}\n")
    project.write("data/own/README.md", "")
    project.write("data/own_volumes/README.md", "")
    project.write("tune.yaml", "base: {train.epochs: 3}\ngrid: {loss: [dice, bce]}\n")
    project.write("bad.yaml", "base: {train.epoch: 3}\ngrid: {loss: [dice, bce]}\n")
    project.write("empty.yaml", "base: {loss: dice}\n")
    project.commit()
    return project


@pytest.fixture
def sweep(to_sweep, monkeypatch):
    """Runs in that project; what is checked comes before --dry-run."""
    monkeypatch.chdir(to_sweep.folder)
    return lambda *arguments: CliRunner().invoke(app, ["sweep", *arguments, "--dry-run"])


def test_a_dry_run_lists_the_rows_and_runs_nothing(sweep, to_sweep):
    result = sweep("tune.yaml", "--set", "seed=3")
    assert (result.exit_code, result.stderr) == (0, "")
    common, _, *table = result.stdout.splitlines()
    assert common == "All rows: train.epochs=3, seed=3"
    assert re.search(r"\| tune-dice +\| to run +\| loss=dice", table[2])
    assert re.search(r"\| tune-bce +\| to run +\| loss=bce", table[3])
    assert to_sweep.git("status", "--porcelain", "--ignored") == ""


def test_a_dry_run_lists_the_rows_that_are_chosen(sweep):
    result = sweep("tune.yaml", "--only", "bce", "--name", "second", "--set", "optims.adam.lr=1e-4")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "second-bce" in result.stdout and "second-dice" not in result.stdout
    assert "optims.adam.lr=0.0001" in result.stdout


SWEEP_ERRORS = {
    "unknown file": (["nowhere.yaml"], "nowhere.yaml: no such file"),
    "a folder": (["."], "Is a directory"),
    "nothing to run": (["empty.yaml"], "nothing to run; expected rows, grid or random"),
    "unknown key": (
        ["tune.yaml", "--set", "train.epoch=5"],
        "train.epoch is no setting of params.yaml; did you mean train.epochs?",
    ),
    "unknown key in the file": (["bad.yaml"], "train.epoch is no setting of params.yaml; did you mean train.epochs?"),
    "no value": (["tune.yaml", "--set", "loss"], "--set loss: expected key=value"),
    "bad value": (["tune.yaml", "--set", "train.epochs=0"], "all rows: params.yaml: train.epochs is 0; expected"),
    "no YAML": (["tune.yaml", "--set", "loss=[dice"], "--set loss=[dice: '[dice' is not a value of YAML"),
    "no YAML either": (["tune.yaml", "--set", "seed=!!int x"], "--set seed=!!int x: '!!int x' is not a value of YAML"),
    "no date": (["tune.yaml", "--set", "loss=2024-01-99"], "--set loss=2024-01-99: "),
    "no path": (["tune.yaml", "--set", "datasets.folder.path=5"], "datasets.folder.path is 5; expected"),
    "unknown row": (["tune.yaml", "--only", "dise"], "--only dise: no such row; expected one of: dice"),
    "no name": (["tune.yaml", "--name", "my tune"], "the sweep's name 'my tune': expected letters, digits"),
}


@pytest.mark.parametrize(("arguments", "reported"), SWEEP_ERRORS.values(), ids=SWEEP_ERRORS)
def test_mistakes_about_sweeps_are_reported_in_one_line(sweep, to_sweep, arguments, reported):
    result = sweep(*arguments)
    assert isinstance(result.exception, SystemExit), repr(result.exception)  # no traceback
    assert result.exit_code == 1, result.output
    [line] = result.stderr.splitlines()
    assert line.startswith("error: ") and reported in line
    assert to_sweep.git("status", "--porcelain", "--ignored") == ""


def test_a_sweep_over_what_was_not_committed_is_refused(sweep, to_sweep):
    path = to_sweep.folder / "params.yaml"
    committed = path.read_text()
    path.write_text(committed.replace("seed: 0", "seed: 1", 1))
    try:
        result = sweep("tune.yaml")
    finally:
        path.write_text(committed)
    assert result.exit_code == 1
    [line] = result.stderr.splitlines()
    assert line.startswith("error: params.yaml: not as in the last commit")


@pytest.mark.parametrize("arguments", [[], ["tune.yaml", "--jobs", "0"], ["tune.yaml", "--jobs", "two"]], ids=" ".join)
def test_bad_options_of_a_sweep_exit_with_2(sweep, arguments):
    result = sweep(*arguments)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_options_of_a_cluster_are_refused_without_one(sweep):
    result = sweep("tune.yaml", "--cpus-per-row", "2")
    assert result.exit_code == 1
    assert result.stderr == "error: --cpus-per-row is for rows on a cluster; add --on ray, or leave it out\n"


def test_a_dry_run_of_rows_on_ray_needs_no_cluster(sweep):
    result = sweep("tune.yaml", "--on", "ray")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "tune-dice" in result.stdout


def test_a_cluster_of_another_kind_is_a_wrong_option(sweep):
    assert sweep("tune.yaml", "--on", "slurm").exit_code == 2
