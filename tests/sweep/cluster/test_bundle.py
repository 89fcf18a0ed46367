import pytest

from brainseg.core.errors import UserError
from brainseg.sweep.cluster.bundle import pack_commit, pack_experiment, unpack_commit, unpack_experiment
from brainseg.sweep.project import finished, open_project, run_git
from tests.sweep.small_sweep import SmallProject, committed, row
from tests.sweep.test_clone import keep

AUTHOR = {"user.name": "me", "user.email": "me@example.org"}
BCE = row("bce", {"loss": "bce", "optims.adam.lr": 1e-5})


@pytest.fixture
def project(tmp_path, monkeypatch) -> SmallProject:
    for name in ("DVC_GLOBAL_CONFIG_DIR", "DVC_SYSTEM_CONFIG_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "no config of mine"))
    return committed(tmp_path / "project")


def test_a_commit_arrives_with_its_sha_and_history_and_an_author(project, tmp_path):
    project.write("src/brainseg/training.py", "lr = 2\n")
    head = project.commit()
    folder = tmp_path / "node"
    unpack_commit(pack_commit(open_project(project.folder)), head, AUTHOR, folder)
    assert run_git(folder, "rev-parse", "HEAD").strip() == head
    assert run_git(folder, "rev-list", "HEAD").split() == project.git("rev-list", "HEAD").split()
    assert (folder / "src" / "brainseg" / "training.py").read_text() == "lr = 2\n"
    assert run_git(folder, "config", "user.email").strip() == "me@example.org"


def test_an_experiment_comes_back_and_is_finished(project, tmp_path):
    opened = open_project(project.folder)
    unpack_commit(pack_commit(opened), opened.head, AUTHOR, tmp_path / "node")
    keep(tmp_path / "node", opened.head, BCE.name)
    bundle = pack_experiment(tmp_path / "node", opened.head, BCE.name)
    for _ in range(2):  # once more takes its place
        unpack_experiment(bundle, opened, BCE.name)
    assert list(finished(opened, [BCE], None)) == [BCE.name]
    assert project.git("rev-parse", "HEAD") == opened.head
    project.git("fsck", "--strict")


def test_a_damaged_bundle_is_reported(project):
    opened = open_project(project.folder)
    with pytest.raises(UserError, match="git fetch says: "):
        unpack_experiment(b"# v2 git bundle\n", opened, BCE.name)
    with pytest.raises(UserError, match="git bundle says: "):
        pack_experiment(project.folder, opened.head, "no such experiment")
