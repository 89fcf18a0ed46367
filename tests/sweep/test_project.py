import os
import shutil
import subprocess
from pathlib import Path

import pytest

from brainseg.core.errors import UserError
from brainseg.sweep.project import finished, open_project, run_git
from tests.compare import small_project
from tests.sweep.small_sweep import SmallProject, committed, row


@pytest.fixture(scope="module")
def as_committed(tmp_path_factory) -> SmallProject:
    return committed(tmp_path_factory.mktemp("sweep") / "project")


@pytest.fixture
def project(as_committed, tmp_path) -> SmallProject:
    """A copy of it, to change at will."""
    copy = object.__new__(SmallProject)
    copy.folder = shutil.copytree(as_committed.folder, tmp_path / "project")
    return copy


def fault(project: SmallProject) -> str:
    with pytest.raises(UserError) as error:
        open_project(project.folder)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_project_is_opened_where_it_is(project):
    opened = open_project(project.folder)
    assert opened.head == project.git("rev-parse", "HEAD")
    assert (opened.folder, opened.inside) == (project.folder, Path())
    assert opened.repository.resolve() == project.folder.resolve()
    assert opened.records("tune") == project.folder / "runs" / "sweeps" / "tune"
    assert project.folder in opened.scratch.parents


def in_a_repository(tmp_path: Path) -> SmallProject:
    inner = committed(tmp_path / "outer" / "inner")
    shutil.rmtree(inner.folder / ".git")
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path / "outer", check=True)
    inner.commit()
    return inner


def test_a_project_in_a_folder_of_a_repository(tmp_path):
    opened = open_project(in_a_repository(tmp_path).folder)
    assert opened.inside == Path("inner")
    assert opened.repository.resolve() == (tmp_path / "outer").resolve()


def test_a_change_in_a_folder_of_a_repository_is_reported_as_seen_from_there(tmp_path):
    inner = in_a_repository(tmp_path)
    inner.write("params.yaml", "loss: bce\n")
    reported = fault(inner)
    assert reported.startswith("params.yaml: not as in the last commit")
    assert reported.endswith("`git checkout params.yaml`")
    inner.git("checkout", "params.yaml")
    inner.write("src/brainseg/training.py", "lr = 2\n")
    reported = fault(inner)
    run_git(inner.folder, *reported.rpartition("`git ")[2].rstrip("`").split())  # what it says to do can be done
    open_project(inner.folder)


@pytest.mark.parametrize("name", ["params.yaml", "dvc.yaml", "src/brainseg/training.py", ".dvc/config"])
def test_a_change_that_was_not_committed_is_refused(project, name):
    (project.folder / name).write_text((project.folder / name).read_text() + "# changed\n")
    reported = fault(project)
    assert reported.startswith(
        f"{name}: not as in the last commit, which all rows start from; commit, or put back with"
    )
    run_git(project.folder, "checkout", name)
    open_project(project.folder)
    (project.folder / name).write_text((project.folder / name).read_text() + "# changed\n")
    project.git("add", name)  # is no commit yet
    assert fault(project).startswith(f"{name}: not as in the last commit")


def test_files_that_git_does_not_know_are_refused(project):
    project.write("src/brainseg/losses/mine.py", "")
    assert "not as in the last commit" in fault(project)
    (project.folder / "src" / "brainseg" / "losses" / "mine.py").unlink()
    project.write("stages/mine.py", "")
    assert fault(project).startswith("stages/")


def test_for_a_file_that_git_does_not_know_no_checkout_is_advised(project):
    project.write("src/brainseg/mine.py", "")
    reported = fault(project)
    assert reported.startswith("src/brainseg/mine.py: not as in the last commit")
    assert "git checkout src/brainseg/mine.py" not in reported  # it says: did not match any file known to git


def test_a_file_that_is_gone_is_refused(project):
    (project.folder / "src" / "brainseg" / "training.py").unlink()
    assert fault(project).startswith("src/brainseg/training.py: not as in the last commit")


def test_many_changes_are_reported_by_the_first(project):
    for number in range(7):
        project.write(f"src/brainseg/file{number}.py", "")
    project.commit()
    for number in range(7):
        project.write(f"src/brainseg/file{number}.py", "changed")
    reported = fault(project)
    assert (
        reported.startswith("src/brainseg/file0.py, ")
        and "file4.py ...: not as" in reported
        and "file5" not in reported
    )


def test_params_of_the_same_size_and_second_are_read(project):
    path = project.folder / "params.yaml"
    os.utime(path, (1e9, 1e9))
    project.git("config", "core.trustctime", "false")
    project.git("update-index", "--refresh")
    path.write_text(path.read_text().replace("seed: 0", "seed: 1", 1))
    os.utime(path, (1e9, 1e9))
    assert project.git("status", "--porcelain") == ""  # git sees nothing
    assert fault(project).startswith("params.yaml: not as in the last commit")


@pytest.mark.parametrize(
    "name", ["notes.txt", "experiments/mine.yaml", "docs/a.md", "metrics/evaluation.json", "dvc.lock"]
)
def test_what_no_row_reads_may_change(project, name):
    project.write(name, "changed\n")
    open_project(project.folder)


def test_what_is_no_project_is_reported(project, tmp_path):
    with pytest.raises(UserError, match="no dvc.yaml; run this in the folder that holds it"):
        open_project(tmp_path)
    (project.folder / "dvc.yaml").unlink()
    assert fault(project).endswith("no dvc.yaml; run this in the folder that holds it")


def test_without_a_repository_it_is_reported(tmp_path):
    (tmp_path / ".dvc").mkdir()
    (tmp_path / "dvc.yaml").touch()
    with pytest.raises(UserError, match="git says: .*run this in the folder of a project under git and DVC"):
        open_project(tmp_path)


def test_before_the_first_commit_it_is_reported(tmp_path):
    new = SmallProject(tmp_path / "new")
    new.write("dvc.yaml", "stages: {}\n")
    with pytest.raises(UserError, match="no commit yet; experiments hang from commits"):
        open_project(new.folder)


BCE, SGD = {"loss": "bce"}, {"optim": "sgd"}
ROWS = [row("bce", BCE), row("sgd", SGD)]


def done(project: SmallProject, until: str | None = None) -> dict[str, str]:
    return finished(open_project(project.folder), ROWS, until)


def test_what_was_run_to_its_end_with_these_settings_is_finished(project):
    assert done(project) == {}
    bce = project.experiment("tune-bce", BCE)
    assert done(project) == done(project, "train") == {"tune-bce": bce}
    project.experiment("tune-other", SGD)
    assert list(done(project)) == ["tune-bce"]
    sgd = project.experiment("tune-sgd", SGD)
    assert done(project) == {"tune-bce": bce, "tune-sgd": sgd}


def test_another_experiment_of_a_rows_name_is_refused_by_the_key_that_differs(project):
    project.experiment("tune-bce", BCE | {"optims.adam.lr": 0.01})
    with pytest.raises(UserError) as error:
        done(project)
    assert str(error.value) == (
        "tune-bce: there is an experiment of this name with optims.adam.lr 0.01, not 0.002; "
        "give this sweep another --name, or remove that one: dvc exp remove tune-bce"
    )


def test_settings_that_nothing_reads_count_too(project):
    project.experiment("tune-bce", BCE | {"optims.sgd.lr": 0.2})
    with pytest.raises(UserError, match="tune-bce: .* with optims.sgd.lr 0.2, not 0.1"):
        done(project)


def test_a_setting_of_before_is_reported(project, monkeypatch):
    monkeypatch.setitem(small_project.PARAMS, "old", 1)
    project.experiment("tune-bce", BCE)
    with pytest.raises(UserError, match="tune-bce: .* with old 1, not None"):
        done(project)


def keep_stages(monkeypatch, *stages: str) -> None:
    whole = small_project.lock_of
    monkeypatch.setattr(small_project, "lock_of", lambda run: {name: whole(run)[name] for name in stages})


def test_a_run_without_its_evaluation_is_not_finished(project, monkeypatch):
    keep_stages(monkeypatch, "download", "split", "preprocess", "train", "predict")
    revision = project.experiment("tune-bce", BCE)
    assert done(project) == done(project, "evaluate") == {}
    assert done(project, "train") == {"tune-bce": revision}


def test_a_run_without_its_training_is_not_finished(project, monkeypatch):
    keep_stages(monkeypatch, "download", "split", "preprocess")
    project.experiment("tune-bce", BCE)
    assert done(project) == done(project, "train") == {}


def test_a_run_that_left_no_lock_is_not_finished(project):
    project.experiment("tune-bce", BCE, without="dvc.lock")
    assert done(project) == {}


def test_a_lock_of_other_settings_is_not_finished(project, monkeypatch):
    whole = small_project.lock_of
    monkeypatch.setattr(small_project, "lock_of", lambda run: whole(small_project.state()))  # of the baseline
    project.experiment("tune-bce", BCE)
    assert done(project) == {}


def test_experiments_of_another_commit_are_others(project):
    project.experiment("tune-bce", BCE | {"seed": 5})
    project.commit()
    assert done(project) == {}
    new = project.experiment("tune-bce", BCE)
    assert done(project) == {"tune-bce": new}


def test_gits_own_words_are_reported(project):
    assert run_git(project.folder, "rev-parse", "HEAD").strip() == project.git("rev-parse", "HEAD")
    with pytest.raises(UserError, match="git checkout says: .*nowhere"):
        run_git(project.folder, "checkout", "nowhere")
