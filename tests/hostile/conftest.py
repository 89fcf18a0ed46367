"""A folder with the project's stages, tiny settings, and patients to spoil."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML

from brainseg.core.errors import report_errors
from brainseg.data.raw.patients import write_patient

ROOT = Path(__file__).resolve().parents[2]
TINY = {
    "data": "folder",
    "loss": "dice",
    "optim": "adam",
    "arch": "unet",
    "seed": 0,
    "datasets.folder.path": "patients",
    "split.strategy": "random",
    "split.seed": 0,
    "split.validation": 0.2,
    "split.test": 0.2,
    "preprocess.side_px": 32,
    "train.epochs": 1,
    "train.batch_size": 4,
    "train.precision": "fp32",
    "plot.dpi": 30,
    "archs.unet.features": 2,
    "archs.unet.levels": 2,
}


@dataclass(frozen=True)
class Done:
    """A stage that has ended: its exit code and what it printed."""

    code: int
    out: str
    err: str

    def faults(self) -> list[str]:
        """The lines it failed with, each checked to be one for a person."""
        assert self.code == 1, self
        assert "Traceback" not in self.out + self.err, self
        lines = self.err.splitlines()
        assert lines and all(line.startswith("error: ") and len(line) < 500 for line in lines), self
        return [line.removeprefix("error: ") for line in lines]

    def fault(self) -> str:
        """The only line it failed with."""
        faults = self.faults()
        assert len(faults) == 1, self
        return faults[0]


class Project:
    """A folder in which `python -m stages.NAME` runs, without git and DVC."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.patients = folder / "patients"
        self.raw = folder / "data" / "raw"
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith(("BRAINSEG", "DVC"))}
        self.environment |= {"OMP_NUM_THREADS": "1", "BRAINSEG_WORKERS": "1", "BRAINSEG_DEVICE": "cpu"}

    def start(self, stage: str, *before: str) -> subprocess.Popen:
        return subprocess.Popen(
            [*before, sys.executable, "-m", f"stages.{stage}"],
            cwd=self.folder,
            env=self.environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            # whoever runs the tests in the background has it ignored, and children inherit that
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )

    def run(self, stage: str, *before: str) -> Done:
        process = self.start(stage, *before)
        try:
            out, err = process.communicate(timeout=120)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        return Done(process.returncode, out, err)

    def run_all(self, *stages: str) -> None:
        for stage in stages:
            done = self.run(stage)
            assert done.code == 0, (stage, done)

    def set(self, **values: object) -> None:
        """Keys of params.yaml, their dots written as two underscores."""
        yaml = YAML()
        params = yaml.load(self.folder / "params.yaml")
        for key, value in values.items():
            *path, last = key.split("__")
            block = params
            for part in path:
                block = block[part]
            block[last] = value
        yaml.dump(params, self.folder / "params.yaml")

    def leftovers(self) -> list[str]:
        """What lies in data/, but for what was there at the start."""
        at_the_start = ("own", "own_split", "own_volumes", "random_weights")
        return sorted(path.name for path in self.raw.parent.iterdir() if path.name not in at_the_start)


def fill_project(folder: Path) -> Project:
    for name in ("src", "stages", "data/own", "data/own_volumes", "data/own_split", "data/random_weights"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    shutil.copy(ROOT / "params.yaml", folder)
    project = Project(folder)
    project.set(**{key.replace(".", "__"): value for key, value in TINY.items()})
    return project


def patient(number: int, slices: int = 6, height: int = 32, width: int = 32, lesion: bool = True) -> tuple:
    """A grey head with a bright lesion in it: image (S, H, W, 3) uint8 and mask (S, H, W) bool."""
    rng = np.random.default_rng(number)
    image = rng.integers(60, 120, (slices, height, width, 3)).astype(np.uint8)
    image[:, :2], image[:, :, :3] = 0, 0  # no signal, to crop
    mask = np.zeros(image.shape[:3], bool)
    mask[1 : slices - 1, height // 3 : height // 2, width // 3 : width // 2] = lesion
    image[mask, 1] = 220
    return image, mask


@pytest.fixture
def project(tmp_path) -> Project:
    """With five fine patients A to E in patients/."""
    project = fill_project(tmp_path / "project")
    for number, name in enumerate("ABCDE"):
        write_patient(project.patients / name, *patient(number))
    return project


@pytest.fixture(scope="session")
def preprocessed(tmp_path_factory) -> Project:
    """Five fine patients that have come as far as training. Leave it as it is."""
    project = fill_project(tmp_path_factory.mktemp("preprocessed") / "project")
    for number, name in enumerate("ABCDE"):
        write_patient(project.patients / name, *patient(number))
    project.run_all("download", "split", "preprocess")
    return project


@pytest.fixture
def ready_to_train(preprocessed, tmp_path) -> Project:
    """A copy of such a project, to change at will."""
    return Project(shutil.copytree(preprocessed.folder, tmp_path / "ready"))


@pytest.fixture
def make_patient() -> Callable[..., tuple]:
    return patient


@pytest.fixture
def fault_of(monkeypatch, capsys) -> Callable[[Callable[[], None], Path], str]:
    """The line that a stage's main fails with in a folder; not in a process of its own, for speed."""

    def run(main: Callable[[], None], folder: Path) -> str:
        monkeypatch.chdir(folder)
        with pytest.raises(SystemExit) as error, report_errors():
            main()
        printed = capsys.readouterr()
        return Done(error.value.code, printed.out, printed.err).fault()

    return run
