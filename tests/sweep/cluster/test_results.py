import pytest
from dvc.repo import Repo

from brainseg.core.errors import UserError
from brainseg.experiments.lock import files
from brainseg.sweep.cluster import patience
from brainseg.sweep.cluster.results import fetch_results
from brainseg.sweep.project import open_project
from tests.compare.small_project import FILES, IN_CACHE, OUTPUTS, SmallProject, lock_of, state
from tests.sweep.small_sweep import committed


@pytest.fixture
def project(tmp_path, monkeypatch) -> SmallProject:
    """With an experiment, all of whose files are in the cache."""
    for name in ("DVC_GLOBAL_CONFIG_DIR", "DVC_SYSTEM_CONFIG_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "no config of mine"))
    project = committed(tmp_path / "project")
    project.revision = project.experiment("tune-bce", {"loss": "bce"})
    lock = lock_of(state({"loss": "bce"}))
    written = OUTPUTS | {"data/weights": ""}
    for stage in lock:
        for path, md5 in files(lock, stage, "outs").items():
            if path in written:
                project.write(f".dvc/cache/files/md5/{md5[:2]}/{md5[2:]}", "")
    return project


@pytest.fixture
def asked(monkeypatch) -> list[dict]:
    """What DVC is asked to fetch."""
    calls: list[dict] = []
    monkeypatch.setattr(Repo, "fetch", lambda self, **options: calls.append(options))
    return calls


def test_what_is_in_the_cache_is_not_fetched(project, asked):
    fetch_results(open_project(project.folder), [project.revision])
    assert asked == []


def test_an_experiment_that_lacks_one_file_is_fetched(project, asked):
    other = project.experiment("tune-log", {"loss": "log_cosh_dice", "metrics/per_volume.csv": "patient,subset,dsc\n"})
    (project.folder / project.cached("patient,subset,dsc\n")).unlink()
    weights = lock_of(state({"loss": "log_cosh_dice"}))["train"]["outs"][-1]["md5"]
    project.write(f".dvc/cache/files/md5/{weights[:2]}/{weights[2:]}", "")
    fetch_results(open_project(project.folder), [project.revision, other])
    assert [call["revs"] for call in asked] == [[other]]
    assert asked[0]["workspace"] is False
    assert {"train", "predict", "evaluate"} <= set(asked[0]["targets"])


def test_a_remote_that_does_not_answer_is_reported(project, monkeypatch):
    def fails(self, **options):
        raise ConnectionError("refused")

    monkeypatch.setattr(Repo, "fetch", fails)
    monkeypatch.setattr(patience, "PATIENCE_SECONDS", 0.0)
    (project.folder / project.cached(FILES[IN_CACHE[0]])).unlink()
    with pytest.raises(UserError, match=r"all rows are in the DVC remote; .*dvc fetch failed: refused"):
        fetch_results(open_project(project.folder), [project.revision])
