"""A copy of the project with tiny settings, under git and DVC, its pipeline run once."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
TRACKED = [
    "src",
    "stages",
    "dvc.yaml",
    "params.yaml",
    ".dvcignore",
    ".gitignore",
    "README.md",
    "data/own",
    "data/own_volumes",
    "data/own_split",
    "data/random_weights",
]
TINY = {
    "data": "phantom",  # whatever params.yaml says today
    "loss": "dice",
    "optim": "adam",
    "arch": "unet",
    "seed": 0,
    "datasets.phantom.patients": 6,
    "datasets.phantom.slices": 6,
    "datasets.phantom.side_px": 32,
    "split.validation": 0.2,
    "split.test": 0.3,
    "preprocess.side_px": 32,
    "train.epochs": 1,
    "train.batch_size": 4,
    "plot.dpi": 30,
    "archs.unet.features": 2,
    "archs.unet.levels": 2,
}


class Project:
    """A DVC project in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.outputs_touched = False
        # the values of a test, not of whoever runs it
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith(("BRAINSEG", "DVC"))}
        self.environment["OMP_NUM_THREADS"] = "1"  # tiny networks; and threads fight where cores are shared
        self.environment["BRAINSEG_WORKERS"] = "1"  # few tiny patients; processes take longer to start than to work
        self.environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

    def run(self, *command: str, ok: bool = True, **environment: str) -> str:
        """What the command prints on both streams; it must succeed, or with ok=False fail."""
        self.outputs_touched |= command[0] == "dvc" and "--dry" not in command
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment | environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        assert (done.returncode == 0) == ok, f"{command} exited with {done.returncode}:\n{done.stdout}"
        return done.stdout

    def repro(self, *options: str) -> list[str]:
        """The stages that `dvc repro` ran, in their order."""
        return re.findall(r"Running stage '(\w+)'", self.run("dvc", "repro", *options))

    def stale(self, **environment: str) -> list[str]:
        """The stages that something they read has changed for, before anything has run."""
        return re.findall(r"Running stage '(\w+)'", self.run("dvc", "repro", "--dry", **environment))

    def set(self, key: str, value: object) -> None:
        yaml = YAML()
        params = yaml.load(self.folder / "params.yaml")
        *path, last = key.split(".")
        block = params
        for part in path:
            block = block[part]
        block[last] = value
        yaml.dump(params, self.folder / "params.yaml")

    def append(self, file: str, text: str) -> None:
        path = self.folder / file
        path.write_text((path.read_text() if path.exists() else "") + text)

    def copy_to(self, folder: Path) -> "Project":
        return Project(shutil.copytree(self.folder, folder, symlinks=True))

    def commit(self) -> None:
        self.run("git", "add", "--all")
        self.run("git", "commit", "--quiet", "--allow-empty", "--message", "as it is")

    def reset(self) -> None:
        """Back to the last commit, workspace and outputs."""
        self.run("git", "clean", "--force", "-d", "--quiet")
        # git takes a file of the same size and second for unchanged, and `-S` writes such ones
        os.utime(self.folder / "params.yaml", (0, 0))
        self.run("git", "reset", "--hard", "--quiet")
        for ref in self.run("git", "for-each-ref", "--format=%(refname)", "refs/exps").split():
            self.run("git", "update-ref", "-d", ref)  # of experiments, which another test would compare with its own
        if self.outputs_touched:
            self.run("dvc", "checkout", "--quiet")
        self.outputs_touched = False


@pytest.fixture(scope="session")
def new_project(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Project]:
    def make() -> Project:
        project = Project(tmp_path_factory.mktemp("project"))
        for name in TRACKED:
            source, target = ROOT / name, project.folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
            else:
                shutil.copy(source, target)
        (project.folder / ".dvc" / "plots").mkdir(parents=True)
        for name in ("config", ".gitignore", "plots_page.html", "plots/dsc_per_volume.json"):
            shutil.copy(ROOT / ".dvc" / name, project.folder / ".dvc" / name)
        for key, value in TINY.items():
            project.set(key, value)
        project.run("git", "init", "--quiet")
        project.run("git", "config", "user.name", "tests")
        project.run("git", "config", "user.email", "tests@example.org")
        project.commit()
        return project

    return make


@pytest.fixture(scope="session")
def reproduced(new_project: Callable[[], Project]) -> Project:
    """A project whose pipeline has run and whose dvc.lock is committed. Leave it as it is."""
    project = new_project()
    ran = re.findall(r"Running stage '(\w+)'", project.run("dvc", "repro", BRAINSEG_WORKERS="2"))
    until_scored = ["check", "download", "split", "preprocess", "train", "predict", "evaluate"]
    # the audit last, so that nothing waits for it
    assert ran == [*until_scored, "plot", "robustness", "page", "audit"]
    project.commit()
    return project


@pytest.fixture
def project(reproduced: Project):
    """The reproduced project, to change at will: it is put back afterwards."""
    yield reproduced
    reproduced.reset()
