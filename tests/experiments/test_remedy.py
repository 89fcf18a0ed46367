"""The commands that messages name are run: they bring the files from a remote, here a folder."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from brainseg.experiments.find import find
from brainseg.experiments.remedy import how_to_get
from tests.compare.small_project import IN_CACHE, SmallProject
from tests.experiments.small_found import OTHER_SCORES, PER_VOLUME, fault

# the same outputs as SmallProject's lock has; DVC asks for their stages
PIPELINE = """\
stages:
  train:
    cmd: "true"
    outs: [plots/history.csv, metrics/validation_per_epoch.csv]
  evaluate:
    cmd: "true"
    outs: [metrics/per_volume.csv]
"""


@pytest.fixture
def clone(tmp_path) -> SmallProject:
    """A clone without a cache, of a project with a branch and an experiment, all pushed to a folder."""
    project = SmallProject(tmp_path / "project")
    project.write("dvc.yaml", PIPELINE)
    config = (
        f"[core]\n    analytics = false\n    remote = storage\n['remote \"storage\"']\n    url = {tmp_path}/remote\n"
    )
    project.write(".dvc/config", config)
    project.run()
    project.commit()
    project.experiment("other", {"loss": "bce"} | OTHER_SCORES)
    project.git("branch", "older")
    project.run({"loss": "log_cosh_dice", PER_VOLUME: "patient,subset,dsc\n007,test,0.125\n"})
    project.commit()
    dvc(project.folder, "push --all-branches")
    project.git("init", "--quiet", "--bare", str(tmp_path / "origin"))
    project.git("remote", "add", "origin", str(tmp_path / "origin"))
    project.git("push", "--quiet", "origin", "main", "older")
    dvc(project.folder, "exp push origin other")
    project.git("clone", "--quiet", "--branch", "main", str(tmp_path / "origin"), str(tmp_path / "clone"))
    clone = object.__new__(SmallProject)
    clone.folder = tmp_path / "clone"
    return clone


def dvc(folder: Path, command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dvc", *shlex.split(command)], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_commands_in_the_messages_bring_the_files(clone):
    assert "no experiments are here; `dvc exp list -A origin` lists" in fault(clone, "other")
    dvc(clone.folder, "exp pull --no-cache origin other")
    for name, command, mean in [
        ("main", "pull", 0.125),
        ("other", "exp pull origin other", 0.25),
        ("origin/older", "fetch --all-commits", 0.5),
    ]:
        message = fault(clone, name)
        assert message == f"{name}: {PER_VOLUME} is not in DVC's cache; get it with `dvc {command}`"
        dvc(clone.folder, re.search("`dvc (.*)`", message)[1])
        [found] = find(clone.folder, [name])
        assert found.per_volume.dsc[found.per_volume.subset == "test"].mean() == mean
    for path in IN_CACHE:  # `dvc pull` put them in the workspace too
        assert (clone.folder / path).is_file()


def test_the_workspace_can_be_pulled_or_run(tmp_path):
    assert how_to_get(tmp_path, "") == "get it with `dvc pull`, or run the pipeline with `dvc repro`"
