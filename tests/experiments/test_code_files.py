import pytest

from brainseg.core.errors import UserError
from brainseg.experiments.code_files import code_files
from tests.compare.small_project import SmallProject


@pytest.fixture
def project(tmp_path) -> SmallProject:
    project = SmallProject(tmp_path / "project")
    for name in ("src/a/one.py", "src/a/b/two.py", "stages/three.py", "README.md", "src/ignored.pyc"):
        project.write(name, name)
    project.write(".gitignore", "*.pyc\n")
    project.commit()
    return project


def test_the_files_of_a_commit_and_of_the_workspace_have_the_same_ids(project):
    committed = code_files(project.folder, project.git("rev-parse", "HEAD"))
    assert sorted(committed) == ["src/a/b/two.py", "src/a/one.py", "stages/three.py"]
    assert committed["src/a/one.py"] == project.git("rev-parse", "HEAD:src/a/one.py")
    assert code_files(project.folder, "") == committed


def test_the_workspace_has_edits_and_new_files_and_lacks_what_was_removed(project):
    before = code_files(project.folder, "")
    project.write("src/a/one.py", "edited")
    project.write("src/new.py", "new")
    (project.folder / "stages/three.py").unlink()
    after = code_files(project.folder, "")
    assert sorted(after) == ["src/a/b/two.py", "src/a/one.py", "src/new.py"]
    assert after["src/a/one.py"] != before["src/a/one.py"]
    assert after["src/a/b/two.py"] == before["src/a/b/two.py"]


def test_a_commit_without_code_has_no_files_and_an_unknown_one_is_one_line(tmp_path):
    project = SmallProject(tmp_path / "project")
    project.commit()
    assert code_files(project.folder, "HEAD") == code_files(project.folder, "") == {}
    with pytest.raises(UserError, match="git ls-tree failed"):
        code_files(project.folder, "nowhere")
