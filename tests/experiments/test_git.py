import shutil
import subprocess

import pytest

from brainseg.core.errors import UserError
from brainseg.experiments.find import find
from brainseg.experiments.git import EXPERIMENT, Git, Ref, experiment_ref
from tests.compare.small_project import SmallProject


def test_a_worktree_and_a_project_in_a_folder_of_a_repository(project, tmp_path):
    project.git("worktree", "add", "--quiet", str(tmp_path / "worktree"))
    shutil.copytree(project.folder / ".dvc" / "cache", tmp_path / "worktree" / ".dvc" / "cache")
    found = [it.name for it in find(tmp_path / "worktree", [])]
    assert found == ["worktree", "bce", "dice-9", "dice-10"]

    inner = SmallProject(tmp_path / "outer" / "inner")
    shutil.rmtree(inner.folder / ".git")
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path / "outer", check=True)
    inner.run()
    inner.commit()
    inner.experiment("inside", {"loss": "bce"})
    assert find(inner.folder, ["inside"])[0].params["loss"] == "bce"


def test_experiments_have_their_commit_and_hang_from_another(with_three):
    head = with_three.git("rev-parse", "HEAD")
    with Git(with_three.folder) as git:
        assert (git.head, git.branch) == (head, "main")
        assert [ref.name for ref in git.experiments] == ["bce", "dice-9", "dice-10"]  # 10 after 9
        for ref in git.experiments:
            assert ref.baseline == head
            assert ref.revision == with_three.git("rev-parse", experiment_ref(head, ref.name))


def test_a_ref_names_the_commit_and_the_experiment():
    ref = experiment_ref("ab" + "c" * 38, "with/slash")
    assert ref == f"refs/exps/ab/{'c' * 38}/with/slash"
    assert EXPERIMENT.fullmatch(ref).groups() == ("ab", "c" * 38, "with/slash")
    assert not EXPERIMENT.fullmatch("refs/exps/exec/EXEC_HEAD")  # of a run under way


def test_branches_and_tags_are_those_of_the_commits_they_name(project):
    head = project.git("rev-parse", "HEAD")
    project.git("tag", "--annotate", "--message", "an object of its own", "v1")
    project.git("branch", "part/one")
    project.git("update-ref", "refs/exps/exec/EXEC_HEAD", head)
    with Git(project.folder) as git:
        assert sorted(git.branches_and_tags, key=lambda ref: ref.name) == [
            Ref(name, head) for name in ("main", "part/one", "v1")
        ]
        assert len(git.experiments) == 3


def test_what_is_no_commit_is_none(with_three):
    head = with_three.git("rev-parse", "HEAD")
    with Git(with_three.folder) as git:
        assert git.commit("HEAD") == git.commit(head[:10]) == git.commit("main") == head
        for unknown in ("nowhere", "", "HEAD^", "HEAD:params.yaml", "HEAD\nmain", "--all"):
            assert git.commit(unknown) is None, unknown
        assert git.commit("main") == head  # and git answers the next one rightly


def test_a_file_is_read_to_the_byte_and_one_that_is_not_there_is_none(tmp_path):
    project = SmallProject(tmp_path / "project")
    contents = {"empty": b"", "ends": b"a\n\n", "odd": bytes(range(256))}
    for name, content in contents.items():
        (project.folder / name).write_bytes(content)
    head = project.commit()
    (project.folder / "ends").write_bytes(b"changed since")
    with Git(project.folder) as git:
        assert {name: git.read(head, name) for name in contents} == contents
        assert git.read(head, "missing") is git.read(head, "a\nb") is None


def test_before_the_first_commit_there_is_no_head(tmp_path):
    project = SmallProject(tmp_path / "project")
    with Git(project.folder) as git:
        assert (git.head, git.experiments, git.branches_and_tags) == ("", [], [])


def test_a_folder_that_is_not_there_and_one_that_is_no_repository_are_reported(tmp_path):
    with pytest.raises(UserError, match="nowhere: no such folder"):
        Git(tmp_path / "nowhere")
    with pytest.raises(UserError, match="git says: .*; run this in the folder of a project under git and DVC"):
        Git(tmp_path)
