"""The driver of rows on Ray, on a cluster of one node in the test's own process; rows are not really run."""

import pytest
import ray

from brainseg.core.errors import UserError
from brainseg.sweep.cluster import rows as module
from brainseg.sweep.cluster.node import Outcome
from brainseg.sweep.cluster.preparation import Preparation
from brainseg.sweep.cluster.remote import RemoteSettings
from brainseg.sweep.cluster.rows import RayRows, rows_on_ray
from brainseg.sweep.project import open_project
from brainseg.sweep.workers import Workers
from tests.sweep.small_sweep import committed, row


class Cluster:
    """What Ray is asked for and answers, without processes: a row ends when the driver next waits."""

    def __init__(self) -> None:
        self.outcomes: dict[str, object] = {}
        self.started: list[tuple[str, dict]] = []
        self.together: list[int] = []
        self.parts: list[tuple[str, str]] = []

    def options(self, **options):
        def start(job, commit, logs):
            self.started.append((job.name, options))
            return job.name

        return type("Options", (), {"remote": staticmethod(start)})

    def wait(self, refs, timeout):
        self.together.append(len(refs))
        return refs[:1], refs[1:]

    def get(self, ref, timeout=None):
        if ref == "logs":
            return [self.parts.pop(0)] if self.parts else []
        outcome = self.outcomes.get(ref, Outcome("node", 1.0, "log", None, b"bundle"))
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


@pytest.fixture
def rows(tmp_path, monkeypatch):
    """Runs rows on the stand-in: what went wrong with each."""
    for name in ("DVC_GLOBAL_CONFIG_DIR", "DVC_SYSTEM_CONFIG_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "no config of mine"))
    opened = open_project(committed(tmp_path / "project").folder)
    opened.records("tune").mkdir(parents=True)
    cluster = Cluster()
    cluster.unpacked = []
    monkeypatch.setattr(module, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(module, "_run", cluster)
    for name in ("wait", "get"):
        monkeypatch.setattr(ray, name, getattr(cluster, name))
    monkeypatch.setattr(ray, "put", len)
    logs = type("Logs", (), {"take": type("Take", (), {"remote": staticmethod(lambda: "logs")})})
    monkeypatch.setattr(module, "_start_logs", lambda: logs)
    monkeypatch.setattr(module, "unpack_experiment", lambda bundle, project, name: cluster.unpacked.append(name))
    monkeypatch.setattr(Preparation, "_prepare", lambda self, given: b"lock")

    def run(*given) -> dict[str, str | None]:
        reported: dict[str, str | None] = {}
        workers = Workers(opened, "tune", [{}], 0)
        started = RayRows(workers, RemoteSettings("store", {"url": "/store"}), 2, 0, None)
        started.run(given, lambda row, fault, seconds: reported.update({row.name: fault and str(fault)}))
        return reported

    run.cluster, run.folder = cluster, opened.records("tune")
    return run


def test_each_row_is_a_task_with_its_cpus_and_its_experiment_comes_back(rows):
    reported = rows(row("a", {"seed": 1}), row("b", {"seed": 2}))
    assert reported == {"tune-a": None, "tune-b": None}
    assert sorted(rows.cluster.unpacked) == ["tune-a", "tune-b"]
    expected = {"num_cpus": 2, "num_gpus": 0, "max_retries": 3}
    assert rows.cluster.started == [(name, expected | {"name": name}) for name in ("tune-a", "tune-b")]
    assert max(rows.cluster.together) == 2
    assert (rows.folder / "a.log").read_text() == "log"


def test_rows_that_share_a_network_run_one_after_the_other(rows):
    rows(row("a"), row("b", {"evaluate.threshold": 0.4}))
    assert [name for name, _ in rows.cluster.started] == ["tune-a", "tune-b"]
    assert max(rows.cluster.together) == 1


def test_a_fault_of_a_row_or_of_its_nodes_is_its_own(rows):
    rows.cluster.outcomes = {
        "tune-a": Outcome("node", 1.0, "its log", "out of memory"),
        "tune-b": ray.exceptions.WorkerCrashedError(),
    }
    reported = rows(row("a", {"seed": 1}), row("b", {"seed": 2}), row("c", {"seed": 3}))
    assert reported["tune-a"] == "out of memory"
    assert reported["tune-b"].startswith("its node or worker was lost 4 times: ")
    assert reported["tune-c"] is None
    assert rows.cluster.unpacked == ["tune-c"]
    assert (rows.folder / "a.log").read_text() == "its log"


def test_a_preparation_that_fails_fails_all_rows_that_share_it(rows, monkeypatch):
    def fails(self, given):
        raise UserError("data/raw: no patients")

    monkeypatch.setattr(Preparation, "_prepare", fails)
    fault = "data/raw: no patients"
    assert rows(row("a", {"seed": 1}), row("b", {"seed": 2})) == {"tune-a": fault, "tune-b": fault}
    assert rows.cluster.started == []


def test_a_row_that_starts_again_is_reported(rows, capsys):
    rows.cluster.parts = [("tune-a", "runs on one\n"), ("tune-a", "runs on other\nepoch")]
    rows(row("a", {"seed": 1}), row("b", {"seed": 2}))
    assert "tune-a: its node or worker was lost; runs on other\n" in capsys.readouterr().out


def test_without_a_remote_nothing_starts(tmp_path, monkeypatch):
    for name in ("DVC_GLOBAL_CONFIG_DIR", "DVC_SYSTEM_CONFIG_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "no config of mine"))
    with pytest.raises(UserError, match="no default DVC remote"):
        rows_on_ray(open_project(committed(tmp_path / "project").folder), "tune", 0, None, 1)


def test_the_remote_is_marked_for_the_nodes(tmp_path, monkeypatch):
    project = committed(tmp_path / "project")
    project.write(".dvc/config", "[core]\n    remote = store\n['remote \"store\"']\n    url = ../../store\n")
    project.commit()
    monkeypatch.setattr(module, "gpus_per_row", lambda cpus: 1)
    found = rows_on_ray(open_project(project.folder), "tune", 0, "train", 2)
    assert (found.cpus, found.gpus, found.until) == (2, 1, "train")
    assert (tmp_path / "store" / "brainseg" / "sweeps.txt").exists()
