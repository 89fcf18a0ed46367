import subprocess
import sys
from pathlib import Path

import pytest

from brainseg.core.errors import UserError
from brainseg.experiments.find import all_evaluated, find
from tests.experiments.small_found import OTHER_SCORES, PER_VOLUME, fault, names


def test_without_a_pattern_a_head_that_was_not_run_here_is_left_out(project, capsys):
    project.git("rm", "--quiet", "dvc.lock")
    project.commit()
    assert "main: no dvc.lock" in fault(project)
    project.experiment("new")
    assert capsys.readouterr().out == ""
    assert names(project) == ["new"]
    [note] = capsys.readouterr().out.splitlines()
    assert note.startswith("note: left out of the comparison. main: no dvc.lock")
    assert names(project, "new") == ["new"] and capsys.readouterr().out == ""  # who names them misses nothing


def test_without_a_pattern_an_experiment_that_lacks_its_scores_is_left_out(project, capsys):
    """As those of a search that stops after training, whose lock still has the commit's scores."""
    scores = "patient,subset,dsc\n008,test,0.5\n"
    project.experiment("search", {PER_VOLUME: scores})
    (project.folder / project.cached(scores)).unlink()
    before = names(project)
    assert "search" not in before and "bce" in before
    [note] = capsys.readouterr().out.splitlines()
    assert note.startswith(f"note: left out of the comparison. search: {PER_VOLUME} is not in DVC's cache")
    assert f"search: {PER_VOLUME} is not in DVC's cache" in fault(project, "search")


def test_not_a_repository(tmp_path):
    with pytest.raises(UserError, match="no project of DVC; run this in the folder that holds dvc.yaml"):
        find(tmp_path, [])
    (tmp_path / ".dvc").mkdir()
    with pytest.raises(UserError, match="git says: .*run this in the folder of a project under git and DVC"):
        find(tmp_path, [])
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    with pytest.raises(UserError, match="no commit yet"):
        find(tmp_path, [])
    with pytest.raises(UserError, match="workspace: no dvc.lock; `dvc repro` writes it$"):
        find(tmp_path, ["workspace"])


def test_reading_leaves_everything_as_it_is(with_three):
    before = _everything(with_three.folder)
    find(with_three.folder, [])
    find(with_three.folder, ["workspace"])
    all_evaluated(with_three.folder)
    assert _everything(with_three.folder) == before


def _everything(folder: Path) -> dict[Path, object]:
    return {path: (path.stat().st_mtime_ns, path.is_file() and path.read_bytes()) for path in folder.rglob("*")}


def test_all_scored_has_equal_scores_once_and_no_faults(project):
    project.git("branch", "same-as-main")
    project.git("tag", "v1")
    project.experiment("unfinished", without="dvc.lock")
    project.experiment("gone", OTHER_SCORES)
    (project.folder / project.cached(OTHER_SCORES[PER_VOLUME])).unlink()
    scored = all_evaluated(project.folder)
    assert [it.name for it in scored] == ["bce", "dice-9", "dice-10", "main"]
    assert [len(it.per_volume) for it in scored] == [3, 3, 3, 2]
    assert scored[0].lock["train"]["params"]["params.yaml"]["loss"] == "bce"


def test_ten_experiments_are_read_without_dvc(with_three):
    code = (
        "import sys; from pathlib import Path; from brainseg.experiments.find import find;"
        "find(Path(sys.argv[1]), []); assert not {'dvc', 'torch'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, with_three.folder], check=True)
