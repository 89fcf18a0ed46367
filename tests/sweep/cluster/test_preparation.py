"""The driver's preparation, in a project that DVC really runs."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from brainseg.sweep.cluster import patience
from brainseg.sweep.cluster.preparation import Preparation
from brainseg.sweep.cluster.remote import Remote, default_remote
from brainseg.sweep.plan import Row
from brainseg.sweep.project import open_project
from brainseg.sweep.workers import RowFailedError, Workers, dvc_environment
from tests.sweep.cluster.dvc_project import PARAMS, DvcProject

pytestmark = pytest.mark.slow

PARAMS_READ = YAML(typ="safe", pure=True).load(PARAMS)


def row(loss: str, seed: int = 0) -> Row:
    params = PARAMS_READ | {"loss": loss, "split": {"seed": seed}}
    return Row(f"tune-{loss}{seed}", f"{loss}{seed}", {"loss": loss, "split.seed": seed}, params)


@pytest.fixture
def preparation(tmp_path, monkeypatch):
    for name in ("DVC_GLOBAL_CONFIG_DIR", "DVC_SYSTEM_CONFIG_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "no config of mine"))
    project = open_project(DvcProject(tmp_path / "project").folder)
    project.records("tune").mkdir(parents=True)
    remote = default_remote(project.folder)
    Remote(remote).mark()
    with (tmp_path / "lock").open("w") as lock:
        workers = Workers(project, "tune", [dvc_environment()], lock.fileno())
        with Preparation(workers, remote, {"dir": str(project.cache)}) as preparation:
            yield preparation


def lock(preparation: Preparation, given: Row) -> bytes:
    end = time.monotonic() + 100
    while (found := preparation.lock(given)) is None:
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
    return found


def test_what_rows_share_is_prepared_once_and_is_in_the_remote(preparation):
    prepared = lock(preparation, row("dice"))
    assert [line.strip() for line in prepared.decode().splitlines() if line.startswith("  ") and line[2] != " "] == [
        "split:",
        "preprocess:",
    ]
    assert preparation.lock(row("bce")) == prepared  # at once
    remote = Path(preparation.remote.url) / "files" / "md5"
    assert sorted(path.read_text() for path in remote.rglob("*") if path.is_file()) == [
        "data/preprocessed",
        "data/split.csv",
    ]
    assert lock(preparation, row("dice", seed=1)) != prepared


def test_a_remote_that_stays_gone_is_reported_for_each_row(preparation, monkeypatch, tmp_path):
    monkeypatch.setattr(patience, "PATIENCE_SECONDS", 0.1)
    other = replace(preparation, remote=replace(preparation.remote, settings={"url": str(tmp_path / "gone")}))
    for given in (row("dice"), row("bce")):
        with pytest.raises(RowFailedError, match="dvc push failed: .*gone lacks brainseg/sweeps.txt"):
            lock(other, given)
    assert not (tmp_path / "gone").exists()
