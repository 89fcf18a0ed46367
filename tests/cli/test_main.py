"""`brainseg` as a person runs it, on a repository of experiments written by hand."""

import json
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from click.testing import Result
from matplotlib.image import imread
from typer.testing import CliRunner

from brainseg.cli.main import app
from tests.compare.small_project import SmallProject
from tests.conftest import ROOT

PATIENTS = 10
TIMING = json.dumps({"device": "Some CPU, 2 threads", "training_seconds": 60.0, "seconds_per_epoch": 20.0})


def scores(by: float) -> str:
    rows = [f"p{number},test,{0.5 + number / 100 + by + number / 1000:.4f},0.5" for number in range(PATIENTS)]
    return "\n".join(["patient,subset,dsc,precision", *rows, "t,train,0.1,0.5"]) + "\n"


def changes(by: float, **settings: str) -> dict:
    return {"metrics/per_volume.csv": scores(by), "metrics/timing.json": TIMING} | settings


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> SmallProject:
    """On main, the baseline; bce is better, sgd is worse, and noisy is neither; seed1 is another seed of main."""
    project = SmallProject(tmp_path_factory.mktemp("projects") / "project")
    project.run(changes(0))
    project.write(".gitignore", (project.folder / ".gitignore").read_text() + "/comparison/\n")
    project.commit()
    for name, by, settings in (
        ("bce", 0.1, {"loss": "bce"}),
        ("sgd", -0.1, {"optim": "sgd"}),
        ("seed1", 0.02, {"seed": 1}),
    ):
        project.experiment(name, changes(by, **settings))
    sign = np.resize([0.05, -0.05], PATIENTS)
    noisy = [f"p{number},test,{0.5 + number / 100 + sign[number]:.4f},0.5" for number in range(PATIENTS)]
    text = "\n".join(["patient,subset,dsc,precision", *noisy]) + "\n"
    project.experiment("noisy", changes(0, loss="log_cosh_dice") | {"metrics/per_volume.csv": text})
    return project


@pytest.fixture
def run(project, tmp_path, monkeypatch):
    """Runs in the project; its results go to a folder aside unless --out is given."""
    monkeypatch.chdir(project.folder)
    for variable in ("DVC_GLOBAL_CONFIG_DIR", "DVC_SYSTEM_CONFIG_DIR"):
        monkeypatch.setenv(variable, str(tmp_path / "no config of mine"))

    def run_(*arguments: str) -> Result:
        aside = [] if "--out" in arguments else ["--out", str(tmp_path / "out")]
        return CliRunner().invoke(app, ["compare", *arguments, *aside])

    return run_


def test_it_prints_what_it_writes(run, tmp_path):
    result = run("main", "bce", "sgd")
    assert result.exit_code == 0, result.output
    page = (tmp_path / "out" / "comparison.md").read_text()
    assert page.startswith(result.stdout.split("\nWritten to")[0].rstrip())
    assert result.stderr == ""
    assert re.search(r"\| bce +\| better +\|", page) and re.search(r"\| sgd +\| worse +\|", page)


def test_without_names_it_compares_this_commit_and_what_hangs_from_it(run, tmp_path):
    result = run()
    assert result.exit_code == 0, result.output
    content = json.loads((tmp_path / "out" / "comparison.json").read_text())
    assert content["baseline"] == "main"
    assert set(content["methods"]) == {"main", "bce", "sgd", "noisy"}
    assert set(content["methods"]["main"]["experiments"]) == {"main", "seed1"}


def test_options_are_followed(run, tmp_path):
    assert run("main", "bce", "--baseline", "bce", "--metric", "precision", "--margin", "0.2").exit_code == 0
    content = json.loads((tmp_path / "out" / "comparison.json").read_text())
    assert (content["baseline"], content["metric"], content["margin"]) == ("bce", "precision", 0.2)


ERRORS = {
    "unknown name": (["main", "bcee"], "'bcee' is no experiment, branch, tag or commit; did you mean bce?"),
    "unknown pattern": (["x*"], "'x*' matches no name of an experiment"),
    "one experiment": (["main"], "nothing to compare with: main is the only experiment"),
    "one method": (["main", "seed1"], "nothing to compare with: main, seed1 are one method"),
    "unknown baseline": (["main", "bce", "--baseline", "sgd"], "--baseline is 'sgd'; expected one of: main, bce"),
    "unknown metric": (["main", "bce", "--metric", "dice"], "--metric is 'dice'; expected one of: dsc, iou, nsd,"),
    "a metric of later": (["main", "bce", "--metric", "nsd"], "was scored before there was 'nsd'"),
    "no margin": (["main", "bce", "--margin", "0"], "--margin is 0.0; expected above 0 and below 1"),
    "negative margin": (["main", "bce", "--margin", "-0.1"], "--margin is -0.1; expected above 0 and below 1"),
    "margin nan": (["main", "bce", "--margin", "nan"], "--margin is nan; expected above 0 and below 1"),
    "out is a file": (["main", "bce", "--out", "params.yaml"], "--out is params.yaml, a file; expected a folder"),
    "out in a file": (["main", "bce", "--out", "params.yaml/out"], "params.yaml/out: "),
    "out may not be written": (["main", "bce", "--out", "/proc/out"], "error: /proc"),
}


@pytest.mark.parametrize(("arguments", "told"), ERRORS.values(), ids=ERRORS)
def test_mistakes_are_told_in_one_line(run, arguments, told):
    result = run(*arguments)
    assert result.exit_code == 1, result.output
    [line] = result.stderr.splitlines()
    assert line.startswith("error: ") and told in line
    assert isinstance(result.exception, SystemExit)  # no traceback


@pytest.mark.parametrize("under_git", [True, False])
def test_a_folder_that_is_no_project_is_told(run, tmp_path, monkeypatch, under_git):
    monkeypatch.chdir(tmp_path)
    if under_git:
        subprocess.run(["git", "init", "--quiet"], check=True)
    result = run("main", "bce")
    assert result.exit_code == 1
    assert re.fullmatch(r"error: .*no project of DVC; run this in the folder that holds dvc.yaml\n", result.stderr)


BAD_OPTIONS = {
    "unknown option": ["--seed", "1"],
    "margin is no number": ["--margin", "much"],
    "fail-if is no word of it": ["--fail-if", "equal"],
    "value is missing": ["--metric"],
}


@pytest.mark.parametrize("options", BAD_OPTIONS.values(), ids=BAD_OPTIONS)
def test_bad_options_exit_with_2(run, options):
    result = run("main", "bce", "--out", "nowhere", *options)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_an_unknown_command_exits_with_2():
    assert CliRunner().invoke(app, ["train"]).exit_code == 2


@pytest.mark.parametrize(
    ("names", "option", "code"),
    [
        (["main", "bce"], "worse", 0),
        (["main", "sgd"], "worse", 3),
        (["main", "noisy"], "worse", 0),
        (["main", "bce", "sgd"], "worse", 3),
        (["main", "bce"], "not-better", 0),
        (["main", "sgd"], "not-better", 3),
        (["main", "noisy"], "not-better", 3),
        (["main", "bce", "noisy"], "not-better", 3),
    ],
)
def test_fail_if(run, tmp_path, names, option, code):
    result = run(*names, "--fail-if", option)
    assert result.exit_code == code, result.output
    assert result.stderr == ""
    assert (tmp_path / "out" / "comparison.md").exists()  # it is told also where it fails


def test_the_workspace_stays_as_it_is(run, project):
    def everything() -> dict:
        kept = [path for path in project.folder.rglob("*") if path.is_file() and "comparison" not in path.parts]
        return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in kept}

    status = project.git("status", "--porcelain")  # which itself renews git's index
    before = everything()
    assert CliRunner().invoke(app, ["compare", "main", "bce"]).exit_code == 0  # to its usual folder
    assert (project.folder / "comparison" / "comparison.md").is_file()
    assert everything() == before
    assert project.git("status", "--porcelain") == status


def test_the_usual_folder_is_ignored_by_git():
    root = ROOT
    assert "/comparison/" in (root / ".gitignore").read_text().splitlines()


@pytest.mark.parametrize("command", ["", "compare", "sweep", "ensemble"])
def test_help_does_not_wait_for_what_it_does_not_need(command):
    heavy = "{'torch', 'pandas', 'numpy', 'scipy', 'matplotlib', 'dvc'}"
    code = (
        "import sys; from brainseg.cli.main.main import app\n"
        "try: app(sys.argv[1:])\n"
        f"finally: print('loaded:', *{heavy}.intersection(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code, *command.split(), "--help"], capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == ""
    *help_, loaded = done.stdout.strip().splitlines()
    assert loaded.strip() == "loaded:"
    assert (command or "compare") in "\n".join(help_)


def test_help_names_every_option():
    told = re.sub(r"\x1b\[[0-9;]*m", "", CliRunner().invoke(app, ["compare", "--help"]).output)
    for option in ("--baseline", "--metric", "--margin", "--out", "--fail-if"):
        assert option in told
    told = re.sub(r"\x1b\[[0-9;]*m", "", CliRunner().invoke(app, ["sweep", "--help"]).output)
    for option in ("--name", "--only", "--set", "--jobs", "--retry", "--dry-run", "--out"):
        assert option in told


@pytest.fixture
def draw(tmp_path, monkeypatch):
    """Runs `brainseg diagram` in a folder with the project's params.yaml and nothing else."""
    shutil.copy(ROOT / "params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(app, ["diagram", *arguments])


def test_a_diagram_is_written_and_its_path_printed(draw, tmp_path):
    result = draw("unet")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "unet.png\n", "")
    assert imread(tmp_path / "unet.png").shape[1] > 500
    assert draw("unet", "--out", "new/a.png").stdout == "new/a.png\n"
    assert (tmp_path / "new" / "a.png").read_bytes() == (tmp_path / "unet.png").read_bytes()


DIAGRAM_ERRORS = {
    "unknown architecture": (
        ["unett"],
        "NAME is 'unett'; expected one of: refining_unet, resunet, transunet, unet, unetpp",
    ),
    "no picture": (["unet", "--out", "unet.txt"], "--out is unet.txt; expected a name that ends in .png"),
    "out in a file": (["unet", "--out", "params.yaml/a.png"], "params.yaml"),
}


@pytest.mark.parametrize(("arguments", "told"), DIAGRAM_ERRORS.values(), ids=DIAGRAM_ERRORS)
def test_mistakes_about_diagrams_are_told_in_one_line(draw, arguments, told):
    result = draw(*arguments)
    assert result.exit_code == 1, result.output
    [line] = result.stderr.splitlines()
    assert line.startswith("error: ") and told in line


def test_a_diagram_outside_a_project_is_told(draw, tmp_path):
    (tmp_path / "params.yaml").unlink()
    result = draw("unet")
    assert result.exit_code == 1
    assert result.stderr == "error: params.yaml: no such file; run this in the folder that holds it\n"


@pytest.fixture(scope="module")
def to_sweep(tmp_path_factory) -> SmallProject:
    """The project's params.yaml and sweeps of two rows, committed; nothing was run."""
    project = SmallProject(tmp_path_factory.mktemp("sweeps") / "project")
    shutil.copy(ROOT / "params.yaml", project.folder)
    project.write("dvc.yaml", "stages: {}\n")
    project.write("data/own/README.md", "")
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


@pytest.mark.parametrize(("arguments", "told"), SWEEP_ERRORS.values(), ids=SWEEP_ERRORS)
def test_mistakes_about_sweeps_are_told_in_one_line(sweep, to_sweep, arguments, told):
    result = sweep(*arguments)
    assert isinstance(result.exception, SystemExit), repr(result.exception)  # no traceback
    assert result.exit_code == 1, result.output
    [line] = result.stderr.splitlines()
    assert line.startswith("error: ") and told in line
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


ENSEMBLE_ERRORS = {
    "one network": (["bce"], "bce: one network is no ensemble; name two or more"),
    "one network twice": (["bce", "bc*"], "bce: one network is no ensemble; name two or more"),
    "unknown name": (["main", "bcee"], "'bcee' is no experiment, branch, tag or commit; did you mean bce?"),
    "unknown pattern": (["x*"], "'x*' matches no name of an experiment"),
}


@pytest.mark.parametrize(("arguments", "told"), ENSEMBLE_ERRORS.values(), ids=ENSEMBLE_ERRORS)
@pytest.mark.usefixtures("run")  # for its folder
def test_mistakes_about_ensembles_are_told_in_one_line(project, arguments, told):
    result = CliRunner().invoke(app, ["ensemble", *arguments])
    assert result.exit_code == 1, result.output
    [line] = result.stderr.splitlines()
    assert line.startswith("error: ") and told in line
    assert not (project.folder / "data" / "ensemble").exists()
