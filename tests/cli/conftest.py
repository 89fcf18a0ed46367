"""A repository of experiments written by hand, in which commands are run."""

import json

import numpy as np
import pytest
from click.testing import Result
from typer.testing import CliRunner

from brainseg.cli.main import app
from tests.compare.small_project import SmallProject

PATIENTS = 10


TIMING = json.dumps({"device": "Some CPU, 2 threads", "training_seconds": 60.0, "seconds_per_epoch": 20.0})


def scores(by: float) -> str:
    rows = [f"p{number},test,{0.5 + number / 100 + by + number / 1000:.4f},0.5" for number in range(PATIENTS)]
    return "\n".join(["patient,subset,dsc,precision", *rows, "t,train,0.1,0.5"]) + "\n"


def changes(by: float, **settings: str) -> dict:
    return {"metrics/per_volume.csv": scores(by), "metrics/timing.json": TIMING} | settings


@pytest.fixture(scope="package")
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
