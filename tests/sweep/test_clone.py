from pathlib import Path

import pytest

from brainseg.core.params import read_params
from brainseg.sweep.clone import clone, fetch, remove_folders
from brainseg.sweep.project import finished, open_project, run_git
from tests.sweep.small_sweep import SmallProject, committed, row

BCE = row("bce", {"loss": "bce", "optims.adam.lr": 1e-5})


@pytest.fixture
def project(tmp_path, monkeypatch) -> SmallProject:
    for name in ("DVC_GLOBAL_CONFIG_DIR", "DVC_SYSTEM_CONFIG_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "no config of mine"))
    project = committed(tmp_path / "project")
    for key, value in (("user.name", "me"), ("user.email", "me@example.org")):
        project.git("config", key, value)
    return project


def test_it_holds_the_commit_with_the_rows_settings(project):
    project.write("notes.txt", "not committed")
    with clone(open_project(project.folder), "tune", BCE) as folder:
        assert read_params(folder / "params.yaml") == BCE.params
        assert (folder / "src" / "brainseg" / "training.py").read_text() == "lr = 1\n"
        assert not (folder / "notes.txt").exists()


def test_comments_of_params_yaml_stay(project):
    path = project.folder / "params.yaml"
    path.write_text("# what an experiment is\n" + path.read_text())
    project.commit()
    with clone(open_project(project.folder), "tune", BCE) as folder:
        assert (folder / "params.yaml").read_text().startswith("# what an experiment is\n")


def test_it_shares_the_cache_and_nothing_else_of_the_local_configuration(project):
    project.write(
        ".dvc/config.local",
        "['remote \"mine\"']\n    url = ../store%b\n[cache]\n    dir = ../../elsewhere\n    type = copy\n",
    )
    with clone(open_project(project.folder), "tune", BCE) as folder:
        reported = (folder / ".dvc" / "config.local").read_text()
    assert "url" not in reported and "type = copy" in reported
    assert f"dir = {(project.folder.parent / 'elsewhere').resolve()}\n" in reported


def seen(project: SmallProject) -> tuple:
    params = read_params(project.folder / "params.yaml")
    return project.git("status", "--porcelain"), project.git("for-each-ref"), params


def test_the_project_stays_as_it_is_and_the_folder_is_gone_at_the_end(project):
    opened = open_project(project.folder)
    before = (
        project.git("status", "--porcelain"),
        project.git("for-each-ref"),
        read_params(project.folder / "params.yaml"),
    )
    with pytest.raises(KeyboardInterrupt), clone(opened, "tune", BCE):
        raise KeyboardInterrupt
    assert list((opened.scratch / "sweep-tune").iterdir()) == []
    (project.folder / ".dvc" / "tmp").rename(project.folder.parent / "tmp")  # which DVC's own .gitignore ignores
    after = (
        project.git("status", "--porcelain"),
        project.git("for-each-ref"),
        read_params(project.folder / "params.yaml"),
    )
    assert after == before


def keep(folder: Path, head: str, name: str) -> None:
    """As `dvc exp run --name` does at its end."""
    inside = object.__new__(SmallProject)
    inside.folder = folder
    inside.run(BCE.changes)
    revision = inside.commit()
    inside.git("update-ref", f"refs/exps/{head[:2]}/{head[2:]}/{name}", revision)


def test_what_was_run_there_is_fetched_into_the_project(project):
    opened = open_project(project.folder)
    for _ in range(2):  # once more takes its place
        with clone(opened, "tune", BCE) as folder:
            keep(folder, opened.head, BCE.name)
            fetch(opened, folder, BCE.name)
    assert list(finished(opened, [BCE], None)) == ["tune-bce"]
    project.git("fsck", "--strict")  # nothing in it is only in the folder that is gone
    assert open_project(project.folder).head == opened.head


def test_a_project_in_a_folder_of_a_repository_is_found_in_its_own(tmp_path, project):
    (project.folder / ".git").rename(tmp_path / ".git")
    project.commit()
    opened = open_project(project.folder)
    with clone(opened, "tune", BCE) as folder:
        assert folder.name == "project"
        assert read_params(folder / "params.yaml") == BCE.params
        ref = f"refs/exps/{opened.head[:2]}/{opened.head[2:]}/tune-bce"
        run_git(folder, "update-ref", ref, "HEAD")
        fetch(opened, folder, "tune-bce")
    assert project.git("rev-parse", ref) == opened.head


def test_a_hook_of_git_does_not_have_it_act_on_the_project(project, monkeypatch):
    opened = open_project(project.folder)
    monkeypatch.setenv("GIT_DIR", str(project.folder / ".git"))
    with clone(opened, "tune", BCE):
        pass
    monkeypatch.delenv("GIT_DIR")
    assert project.git("rev-parse", "--abbrev-ref", "HEAD") == "main"


def test_what_a_killed_sweep_left_is_removed_and_that_of_others_is_not(project):
    opened = open_project(project.folder)
    with (
        clone(opened, "tune", BCE) as left,
        clone(opened, "tune2", BCE) as other,
        clone(opened, "tune-at-64", BCE) as like_it,
    ):
        remove_folders(opened, "tune")
        assert not left.exists()
        assert other.exists()
        assert like_it.exists()
