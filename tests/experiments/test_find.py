import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from brainseg.core.errors import UserError
from brainseg.core.params import read_params
from brainseg.experiments import yaml12
from brainseg.experiments.find import all_scored, find
from tests.compare.small_project import FILES, SmallProject, lock_of, state

ROOT = Path(__file__).resolve().parents[2]
PER_VOLUME = "metrics/per_volume.csv"
OTHER_SCORES = {PER_VOLUME: "patient,subset,dsc\n007,test,0.25\n"}


@pytest.fixture(autouse=True)
def no_config_of_mine(monkeypatch, tmp_path):
    monkeypatch.setenv("DVC_GLOBAL_CONFIG_DIR", str(tmp_path / "global"))
    monkeypatch.setenv("DVC_SYSTEM_CONFIG_DIR", str(tmp_path / "system"))


@pytest.fixture(scope="session")
def with_three(tmp_path_factory) -> SmallProject:
    """HEAD was run, and three experiments hang from it."""
    project = SmallProject(tmp_path_factory.mktemp("small") / "project")
    project.run()
    project.commit()
    for name, loss in {"dice-10": "dice", "dice-9": "log_cosh_dice", "bce": "bce"}.items():
        project.experiment(name, {"loss": loss, PER_VOLUME: FILES[PER_VOLUME] + f"{name},test,0.5,0.5\n"})
    return project


@pytest.fixture
def project(with_three, tmp_path) -> SmallProject:
    """A copy of it, to change at will."""
    copy = object.__new__(SmallProject)
    copy.folder = shutil.copytree(with_three.folder, tmp_path / "project")
    return copy


def names(project: SmallProject, *patterns: str) -> list[str]:
    return [experiment.name for experiment in find(project.folder, patterns)]


def fault(project: SmallProject, *patterns: str) -> str:
    with pytest.raises(UserError) as raised:
        find(project.folder, patterns)
    told = str(raised.value)
    assert "\n" not in told
    return told


def test_an_experiment_is_what_its_files_say(with_three):
    bce, workspace = find(with_three.folder, ["bce", "workspace"])
    assert bce.revision == with_three.git("rev-parse", "--verify", "refs/exps/{}/{}/bce".format(*_head(with_three)))
    assert bce.params == state({"loss": "bce"})["params"]
    assert bce.lock == lock_of(state({"loss": "bce", PER_VOLUME: FILES[PER_VOLUME] + "bce,test,0.5,0.5\n"}))
    assert bce.per_volume.index.tolist() == ["NA", "007", "bce"]  # names stay words
    assert bce.per_volume.loc["NA", "dsc"] == 0.1234567890123456789
    assert bce.history["validation_dsc"].tolist() == [0.7]
    assert bce.validation_per_epoch["patient"].tolist() == ["007"]
    assert workspace.revision == ""
    assert workspace.params == state()["params"]
    for experiment in (bce, workspace):
        assert experiment.evaluation == json.loads(FILES["metrics/evaluation.json"])
        assert experiment.training == json.loads(FILES["metrics/training.json"])
        assert experiment.timing == json.loads(FILES["metrics/timing.json"])


def _head(project) -> tuple[str, str]:
    head = project.git("rev-parse", "HEAD")
    return head[:2], head[2:]


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        ([], ["main", "bce", "dice-9", "dice-10"]),
        (["dice-*"], ["dice-9", "dice-10"]),
        (["[bd]ic*"], ["dice-9", "dice-10"]),
        (["dice-10", "dice-*", "dice-10"], ["dice-10", "dice-9"]),
        (["HEAD", "main", "bce"], ["main", "bce"]),
        (["workspace", "main"], ["workspace", "main"]),
    ],
)
def test_what_patterns_mean(with_three, patterns, expected):
    assert names(with_three, *patterns) == expected


def test_revisions_are_called_as_git_and_dvc_know_them(project):
    head = project.git("rev-parse", "HEAD")
    bce = find(project.folder, ["bce"])[0].revision
    project.git("tag", "--annotate", "--message", "a tag", "v1")
    assert names(project, "v1") == ["v1"]
    assert names(project, head) == names(project, head[:9]) == [head[:7]]
    assert names(project, bce[:8]) == ["bce"]
    project.git("checkout", "--quiet", "--detach")
    assert names(project)[0] == names(project, "HEAD")[0] == head[:7]


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


def test_of_one_name_the_one_of_head_counts(project):
    old = project.git("rev-parse", "HEAD")
    project.commit()
    [before] = find(project.folder, ["bce"])  # of the commit before
    assert before.name == "bce"
    new = project.experiment("bce")
    assert find(project.folder, ["bce"])[0].revision == new
    project.commit()
    told = fault(project, "bce")
    assert "'bce' is the name of 2 experiments" in told
    assert f"{new[:7]} (of " in told and f"(of {old[:7]})" in told
    assert names(project, new) == ["bce"]
    both = [f"bce ({revision[:7]})" for revision in (new, before.revision)]
    assert names(project, new, before.revision) == both  # no two are called the same


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("dise-9", "'dise-9' is no experiment, branch, tag or commit; did you mean dice-9"),
        ("xyz", "'xyz' is no experiment, branch, tag or commit; `dvc exp list -A` lists the experiments"),
        ("", "'' is no experiment"),
        ("a\nb", "'a\\nb' is no experiment"),
        ("--all", "'--all' is no experiment"),
        ("focal-*", "'focal-*' matches no name of an experiment"),
    ],
)
def test_unknown_names(with_three, pattern, told):
    assert told in fault(with_three, pattern)


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


@pytest.mark.parametrize("file", ["dvc.lock", "params.yaml", "metrics/training.json"])
def test_a_file_that_is_missing(project, file):
    project.experiment("partial", without=file)
    assert f"partial: no {file}; `dvc repro` writes it, and `git add` keeps it" in fault(project, "partial")
    (project.folder / file).unlink()
    assert f"workspace: no {file}" in fault(project, "workspace")


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("dvc.lock", "  evaluate:", "  other:", "stage evaluate was not run; run all stages"),
        ("dvc.lock", "stages:", "nothing:", "dvc.lock has no stages"),
        ("dvc.lock", "stages:\n", "stages:\n<<<<<<< ours\n", "workspace: dvc.lock: line "),
        (
            "dvc.lock",
            "path: metrics/per_volume.csv",
            "path: other.csv",
            "stage evaluate did not write metrics/per_volume",
        ),
        ("params.yaml", "epochs: 40", "epochs: 41", "params.yaml now has train.epochs: 41, but train was run with 40"),
        ("params.yaml", "loss: dice", "loss: bce", "params.yaml now has loss: bce, but train was run with dice"),
        ("params.yaml", "  epochs: 40\n", "", "params.yaml lacks train.epochs, but train was run with 40"),
        ("metrics/training.json", "cpu", "gpu", "metrics/training.json is not what train wrote"),
    ],
)
def test_a_workspace_that_does_not_fit_together(project, file, old, new, told):
    text = (project.folder / file).read_text()
    assert old in text
    project.write(file, text.replace(old, new, 1))
    assert told in fault(project, "workspace")


def test_a_stage_that_was_run_before_another(project):
    parts = (project.folder / "dvc.lock").read_text().split("\n  preprocess:")
    wrote = parts[1].index("outs:")
    parts[1] = parts[1][:wrote] + parts[1][wrote:].replace("md5: ", "md5: f", 1)
    project.write("dvc.lock", "\n  preprocess:".join(parts))
    told = "workspace: train was run before preprocess wrote another data/preprocessed"
    assert told in fault(project, "workspace")


def test_a_file_that_is_not_in_the_cache_may_be_in_the_workspace(project, capsys):
    (project.folder / project.cached(FILES[PER_VOLUME])).unlink()
    project.write(PER_VOLUME, FILES[PER_VOLUME])
    assert names(project, "main") == ["main"]
    project.write(PER_VOLUME, "patient,subset,dsc\n007,test,1\n")
    todo = "get it with `dvc exp pull ORIGIN main`, or `dvc fetch`, or leave main out"
    assert f"main: {PER_VOLUME} is not in DVC's cache; {todo}" in fault(project, "main")
    assert "get it with `dvc repro`" in fault(project, "workspace")
    assert names(project) == ["bce", "dice-9", "dice-10"]  # a fresh clone's HEAD
    told = f"note: left out of the comparison. main: {PER_VOLUME} is not in DVC's cache; {todo}\n"
    assert capsys.readouterr().out == told


def test_a_damaged_file_in_the_cache_is_not_believed(project):
    project.experiment("other", OTHER_SCORES)
    project.write(project.cached(OTHER_SCORES[PER_VOLUME]), "patient,subset,dsc\n007,test,1\n")
    assert "is not in DVC's cache" in fault(project, "other")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("patient,subset\n007,test\n", "lacks the columns dsc; it has patient, subset"),
        ("", "metrics/per_volume.csv: No columns to parse"),
        ("patient,subset,dsc\n1,2\n1,2,3,4,5\n", "metrics/per_volume.csv: Error tokenizing data"),
    ],
)
def test_tables_that_are_none(project, text, told):
    project.experiment("odd", {PER_VOLUME: text})
    assert told in fault(project, "odd")


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (
            ".dvc/config",
            '[core]\n    analytics = false\n[cache]\n    dir = ../../elsewhere\n    type = "reflink,copy"\n',
        ),
        (".dvc/config.local", "['remote \"a\"']\n    url = s3://a/%b\n[cache]\n    dir = '../../elsewhere' # quoted\n"),
        (".dvc/config", "[CORE]\n[cache]\ndir = {absolute}\n"),
        ("../global/config", "[cache]\n    dir = {absolute}\n"),
    ],
)
def test_the_cache_is_where_the_configuration_says(project, file, text):
    elsewhere = project.folder.parent / "elsewhere"
    shutil.move(project.folder / ".dvc" / "cache", elsewhere)
    assert "is not in DVC's cache" in fault(project, "bce")
    project.write(file, text.replace("{absolute}", str(elsewhere)))
    assert names(project, "bce") == ["bce"]


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


def test_reading_leaves_everything_as_it_is(with_three):
    before = _everything(with_three.folder)
    find(with_three.folder, [])
    find(with_three.folder, ["workspace"])
    all_scored(with_three.folder)
    assert _everything(with_three.folder) == before


def _everything(folder: Path) -> dict[Path, object]:
    return {path: (path.stat().st_mtime_ns, path.is_file() and path.read_bytes()) for path in folder.rglob("*")}


def test_all_scored_has_equal_scores_once_and_no_faults(project):
    project.git("branch", "same-as-main")
    project.git("tag", "v1")
    project.experiment("unfinished", without="dvc.lock")
    project.experiment("gone", OTHER_SCORES)
    (project.folder / project.cached(OTHER_SCORES[PER_VOLUME])).unlink()
    scored = all_scored(project.folder)
    assert [it.name for it in scored] == ["bce", "dice-9", "dice-10", "main"]
    assert [len(it.per_volume) for it in scored] == [3, 3, 3, 2]
    assert scored[0].lock["train"]["params"]["params.yaml"]["loss"] == "bce"


def test_yaml_is_read_as_ruamel_reads_it(tmp_path):
    odd = tmp_path / "odd.yaml"
    odd.write_text(
        "a: [1e-4, 5e-05, 1e+3, -.5, .5e-3, 1., 1.5E3, .inf, -.inf, 1_000, 010, 0o17, 0x1F, 0b11, -0x1f, +7]\n"
        "b: [yes, no, on, y, true, False, ~, null, '1', \"2\", 1.2.3, 12:30, e5, 0.1.0, -]\n"
        "c:\nd: |\n  text\ne: &x {f: 1}\ng: {<<: *x, h: 2}\n"
    )
    for path in (odd, ROOT / "params.yaml", ROOT / "dvc.lock"):
        assert yaml12.parse(path.read_bytes()) == read_params(path)
    with pytest.raises(ValueError, match="line 2"):
        yaml12.parse(b"a: 1\nb: ]\n")
    with pytest.raises(ValueError):
        yaml12.parse(b"a: !!python/object/apply:os.system [true]")


def test_ten_experiments_are_read_without_dvc(with_three):
    code = (
        "import sys; from pathlib import Path; from brainseg.experiments.find import find;"
        "find(Path(sys.argv[1]), []); assert not {'dvc', 'torch'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, with_three.folder], check=True)
