"""Each stage declares in dvc.yaml what it loads and reads: no more and no less."""

import shutil
from pathlib import Path

import pytest
from dvc.repo import Repo
from ruamel.yaml import YAML

from brainseg.core.components import KINDS

STAGES = ["check", "download", "split", "preprocess", "train", "predict", "evaluate", "plot", "robustness"]
STAGES += ["page", "audit"]
# the kinds of components that a stage loads one of; check looks at all of them, see dvc.yaml
CHOSEN = {
    "check": KINDS,
    "download": ["sources"],
    "train": ["losses", "optims", "schedules", "archs"],
    "predict": ["archs"],
    "robustness": ["archs"],
}


@pytest.fixture(scope="module")
def declared(reproduced):
    """Stage name -> (paths of its dependencies, keys of its params, paths of its outputs)."""
    stages = {}
    with Repo(str(reproduced.folder)) as repo:
        for stage in repo.index.stages:
            files = [dep.def_path for dep in stage.deps if not hasattr(dep, "params")]
            keys = [key for dep in stage.deps if hasattr(dep, "params") for key in dep.params]
            stages[stage.name] = (files, keys, [out.def_path for out in stage.outs])
    return stages


# runs a stage as `python -m` does, then prints the files of the modules that it loaded
RUN_AND_LIST = """
import runpy, sys
runpy.run_module(sys.argv[1], run_name="__main__", alter_sys=True)
files = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
print(*filter(None, files), sep="\\n")
"""


# imports all components of some kinds, then prints the files of the modules that were loaded for them
IMPORT_AND_LIST = """
import importlib, sys
sys.path.insert(0, "src")
from brainseg.core.components import available
for kind in sys.argv[1:]:
    for name in available(kind):
        importlib.import_module(f"brainseg.{kind}.{name}")
files = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
print(*filter(None, files), sep="\\n")
"""

# what a stage depends on with a folder and does not load: an edit of these re-runs it without need
SURPLUS = {
    "split": ["core/environment.py"],
    "evaluate": [
        "data/head.py",
        "data/own_split.py",
        "data/prediction_of.py",
        "data/preprocessed_rows.py",
        "data/weights.py",
    ],
    "plot": [
        "core/environment.py",
        "data/ensemble.py",
        "data/head.py",
        "data/model_file.py",
        "data/own_split.py",
        "data/prediction_of.py",
        "data/weights.py",
    ],
    "robustness": ["data/own_split.py", "data/preprocessed_rows.py", "data/tables.py"],
}


@pytest.mark.parametrize("stage", STAGES)
def test_the_files_a_stage_loads_are_its_dependencies(reproduced, declared, stage, tmp_path):
    copy = reproduced.copy_to(tmp_path / "copy")
    loaded = own_files(copy, copy.run("python", "-c", RUN_AND_LIST, f"stages.{stage}")) | {f"stages/{stage}.py"}
    components = own_files(copy, copy.run("python", "-c", IMPORT_AND_LIST, *CHOSEN.get(stage, [])))
    # what a component shares with others is declared also where the chosen one does without it
    needed = loaded | {path for path in components if not of_one_component(path)}
    depends_on = python_files(copy.folder, declared[stage][0])
    if stage == "check":  # it loads the settings of everything, and declares what reads params.yaml alone
        needed &= {*depends_on, "src/brainseg/params_check.py"}
    assert needed <= depends_on
    assert sorted(depends_on - needed) == [f"src/brainseg/{path}" for path in SURPLUS.get(stage, [])]


def of_one_component(path: str) -> bool:
    return any(f"brainseg/{kind}/" in path and f"brainseg/{kind}/shared/" not in path for kind in KINDS)


def python_files(folder: Path, paths: list[str]) -> set[str]:
    """The files with code at or below the paths; an empty __init__.py holds none."""
    files = [file for path in paths for file in (folder / path, *(folder / path).rglob("*.py")) if file.suffix == ".py"]
    return {str(file.relative_to(folder)) for file in files if file.read_text().strip()}


def own_files(project, printed: str) -> set[str]:
    """Of the printed paths those of the project, without empty ones."""
    lines = [line for line in printed.splitlines() if line.startswith(str(project.folder))]
    paths = {str(Path(line).relative_to(project.folder)) for line in lines} - {"src/brainseg/__init__.py"}
    return {path for path in paths if (project.folder / path).read_text().strip()}


@pytest.mark.slow
@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_needs_nothing_but_what_it_declares_and_gives_the_same_bytes_again(
    reproduced, declared, stage, tmp_path
):
    files, keys, outs = declared[stage]
    for name in [*files, *inits(reproduced.folder)]:
        source, target = reproduced.folder / name, tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        else:
            shutil.copy(source, target)
    if stage == "check":
        shutil.copytree(reproduced.folder / "src", tmp_path / "src", dirs_exist_ok=True)
        for name in ("own", "own_volumes", "own_split"):
            (tmp_path / "data" / name).mkdir(parents=True, exist_ok=True)
    write_params(reproduced.folder / "params.yaml", tmp_path / "params.yaml", keys)

    type(reproduced)(tmp_path).run("python", "-m", f"stages.{stage}", BRAINSEG_WORKERS="1")  # before: one a core
    for out in outs:
        if out != "metrics/timing.json":
            assert content(tmp_path / out) == content(reproduced.folder / out), out


def inits(folder: Path) -> list[str]:
    return [str(path.relative_to(folder)) for path in folder.glob("src/**/__init__.py")]


def write_params(whole: Path, part: Path, keys: list[str]) -> None:
    yaml = YAML()
    params = yaml.load(whole)
    chosen: dict = {}
    for key in keys:
        source, target = params, chosen
        *path, last = key.split(".")
        for word in path:
            source, target = source[word], target.setdefault(word, {})
        target[last] = source[last]
    yaml.dump(chosen if keys else params, part)


def content(path: Path) -> dict[str, bytes]:
    files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
    assert files, path
    return {str(file.relative_to(path)): file.read_bytes() for file in files}
