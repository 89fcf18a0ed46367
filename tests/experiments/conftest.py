import shutil

import pytest

from tests.compare.small_project import FILES, SmallProject
from tests.experiments.small_found import PER_VOLUME


@pytest.fixture(autouse=True)
def no_config_of_mine(monkeypatch, tmp_path):
    monkeypatch.setenv("DVC_GLOBAL_CONFIG_DIR", str(tmp_path / "global"))
    monkeypatch.setenv("DVC_SYSTEM_CONFIG_DIR", str(tmp_path / "system"))


@pytest.fixture(scope="session")
def with_three(tmp_path_factory) -> SmallProject:
    """HEAD was run, and three experiments hang from it."""
    project = SmallProject(tmp_path_factory.mktemp("small") / "project")
    project.run()
    project.commit()
    for name, loss in {"dice-10": "dice", "dice-9": "log_cosh_dice", "bce": "bce"}.items():
        project.experiment(name, {"loss": loss, PER_VOLUME: FILES[PER_VOLUME] + f"{name},test,0.5,0.5\n"})
    return project


@pytest.fixture
def project(with_three, tmp_path) -> SmallProject:
    """A copy of it, to change at will."""
    copy = object.__new__(SmallProject)
    copy.folder = shutil.copytree(with_three.folder, tmp_path / "project")
    return copy
