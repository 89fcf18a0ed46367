"""What a node does for a row, in a project that DVC really runs; without Ray."""

from dataclasses import replace

import pytest

from brainseg.sweep.clone import author
from brainseg.sweep.cluster import patience
from brainseg.sweep.cluster.bundle import pack_commit, unpack_experiment
from brainseg.sweep.cluster.node import Job, Outcome, node_folder, run_row
from brainseg.sweep.cluster.remote import Remote, default_remote
from brainseg.sweep.cluster.results import fetch_results
from brainseg.sweep.project import open_project, run_git
from tests.sweep.cluster.dvc_project import DvcProject


@pytest.fixture
def node(tmp_path, monkeypatch):
    """A project whose data are in its remote, and how a node that has nothing else runs a row of it."""
    for name in ("DVC_GLOBAL_CONFIG_DIR", "DVC_SYSTEM_CONFIG_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "no config of mine"))
    monkeypatch.setenv("BRAINSEG_NODE_FOLDER", str(tmp_path / "node"))
    return Node(DvcProject(tmp_path / "project"))


class Node:
    def __init__(self, project: DvcProject) -> None:
        self.project, self.sent = project, []
        self.opened = open_project(project.folder)
        self.remote = default_remote(project.folder)
        Remote(self.remote).mark()
        project.run("dvc", "repro", "--quiet", "split", "preprocess")
        project.run("dvc", "push", "--quiet")
        prepared = (project.folder / "dvc.lock").read_bytes()
        (project.folder / "dvc.lock").unlink()
        self.job = Job(
            name="tune-bce",
            changes={"loss": "bce"},
            until=None,
            prepared=prepared,
            head=self.opened.head,
            inside=".",
            author=author(self.opened),
            remote=self.remote,
            cache={},
            environment={"OMP_NUM_THREADS": "1"},
        )
        self.commit = pack_commit(self.opened)

    def run(self, **changes: object) -> Outcome:
        outcome = run_row(replace(self.job, **changes), self.commit, self.sent.append)
        assert sorted(path.name for path in (node_folder() / "rows").iterdir()) == ["folders.lock"]
        return outcome

    def state(self, name: str = "tune-bce"):
        return self.project.remote / "brainseg" / "unfinished" / name / "0123.pt"


def test_a_row_is_run_pushed_and_given_back(node):
    state = node.state()
    state.parent.mkdir(parents=True)
    state.write_text("2")  # of a node that was lost

    outcome = node.run()
    assert outcome.fault is None
    assert "going on after epoch 2\nepoch 3/3" in outcome.log
    assert "Running stage 'preprocess'" not in outcome.log  # it comes from the remote
    assert outcome.log.startswith("".join(node.sent)) and node.sent[0] == f"runs on {outcome.node}\n"
    assert not state.exists()
    unpack_experiment(outcome.experiment, node.opened, "tune-bce")
    ref = f"refs/exps/{node.opened.head[:2]}/{node.opened.head[2:]}/tune-bce"
    assert "loss: bce" in run_git(node.project.folder, "show", f"{ref}:params.yaml")
    fetch_results(node.opened, [run_git(node.project.folder, "rev-parse", ref).strip()])
    node.project.run("dvc", "exp", "apply", "tune-bce")
    assert (node.project.folder / "data" / "weights").read_text() == "bce after 3"


@pytest.mark.slow
def test_a_row_that_was_run_elsewhere_comes_from_the_run_cache(node, tmp_path, monkeypatch):
    first = node.run()
    monkeypatch.setenv("BRAINSEG_NODE_FOLDER", str(tmp_path / "other"))
    again = node.run()
    assert "Running stage 'train'" in first.log
    assert "Stage 'train' is cached - skipping run" in again.log
    assert again.fault is None


@pytest.mark.slow
def test_a_stage_that_fails_is_not_tried_again(node):
    outcome = node.run(changes={"loss": "bad"})
    assert (outcome.fault, outcome.experiment) == ("the loss became nan in epoch 1", b"")
    assert outcome.log.count("Running stage 'train'") == 1


@pytest.mark.slow
def test_what_dvc_cannot_do_is_tried_three_times(node):
    outcome = node.run(until="no-such-stage")
    assert "no-such-stage" in outcome.fault
    assert outcome.log.count("dvc exp failed: ") == 2


@pytest.mark.slow
def test_a_remote_that_stays_gone_is_a_fault_in_one_line(node, monkeypatch):
    monkeypatch.setattr(patience, "PATIENCE_SECONDS", 0.1)
    node.project.remote.rename(node.project.folder.parent / "gone")
    outcome = node.run()
    assert outcome.fault.startswith(f"on {outcome.node}: to read the DVC remote failed: ")
    assert outcome.fault.endswith("which this sweep wrote there (tried for 0 s)")
    assert not node.project.remote.exists()
