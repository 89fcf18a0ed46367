import shutil

import pytest

from tests.judge.small_workspace import build


def in_this_process(function, items, label):
    """As parallel_map, without the seconds that a new process takes."""
    return [function(item) for item in items]


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """Leave it as it is."""
    folder = tmp_path_factory.mktemp("judge")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("stages.evaluate.parallel_map", in_this_process)
        build(folder, patch)
    return folder


@pytest.fixture
def workspace(built, tmp_path, monkeypatch):
    """The current folder, after the stage evaluate."""
    folder = shutil.copytree(built, tmp_path / "workspace")
    for module in ("run", "strata"):
        monkeypatch.setattr(f"brainseg.judge.{module}.parallel_map", in_this_process)
    monkeypatch.chdir(folder)
    return folder
