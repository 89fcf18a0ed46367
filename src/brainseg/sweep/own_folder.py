"""A row's run, in a folder of its own: a clone of the commit, whose experiment is fetched into the project.

DVC's own queue writes to the workspace while it queues (it detaches HEAD, stashes, and resets), leaves the tasks of a
worker that was killed `Running` for ever, and gives all workers one environment. Here the workspace is not
touched, what was killed leaves nothing behind that counts, and each worker has its threads or its GPU.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from configparser import ConfigParser
from contextlib import contextmanager
from pathlib import Path

from ruamel.yaml import YAML

from brainseg.compare.dvc_cache import cache_folder
from brainseg.params import PARAMS_FILE
from brainseg.sweep.plan import Row
from brainseg.sweep.project import Project, run_git


@contextmanager
def own_folder(project: Project, sweep: str, row: Row) -> Iterator[Path]:
    """A clone with the row's settings and the project's cache; removed at the end."""
    scratch = project.scratch / f"sweep-{sweep}"
    scratch.mkdir(parents=True, exist_ok=True)
    clone = Path(tempfile.mkdtemp(prefix=f"{row.short}-", dir=scratch))
    try:
        run_git(project.repository, "clone", "--quiet", "--shared", "--no-checkout", "--template=", ".", str(clone))
        run_git(clone, "checkout", "--quiet", "--detach", project.head)
        for key in ("user.name", "user.email"):
            if value := run_git(project.repository, "config", "--default", "", "--get", key).strip():
                run_git(clone, "config", key, value)
        folder = clone / project.inside
        _share_cache(project.folder, folder)
        _write_settings(folder / PARAMS_FILE, row)
        yield folder
    finally:
        shutil.rmtree(clone, ignore_errors=True)


def remove_folders(project: Project, sweep: str) -> None:
    """All of the sweep's own folders, also what a killed one left."""
    shutil.rmtree(project.scratch / f"sweep-{sweep}", ignore_errors=True)


def fetch(project: Project, folder: Path, name: str) -> None:
    """Make the experiment that was run in the folder one of the project."""
    ref = f"refs/exps/{project.head[:2]}/{project.head[2:]}/{name}"
    quiet = ["--quiet", "--no-tags", "--no-auto-gc", "--no-write-fetch-head"]
    run_git(project.repository, "fetch", *quiet, str(folder), f"+{ref}:{ref}")


def _share_cache(project: Path, folder: Path) -> None:
    """And all else that the project's own configuration says, such as where its remotes are."""
    config = ConfigParser(interpolation=None, strict=False, allow_no_value=True)
    config.read(project / ".dvc" / "config.local")
    if not config.has_section("cache"):
        config.add_section("cache")
    config["cache"]["dir"] = str(cache_folder(project).resolve())
    with (folder / ".dvc" / "config.local").open("w") as file:
        config.write(file)


def _write_settings(path: Path, row: Row) -> None:
    yaml = YAML()  # keeps comments and order
    yaml.width = 200
    params = yaml.load(path)
    for key, value in row.changes.items():
        *blocks, last = key.split(".")
        block = params
        for name in blocks:
            block = block[name]
        block[last] = value
    yaml.dump(params, path)


def dvc(words: list[str], folder: Path, environment: Mapping[str, str], log: Path) -> subprocess.Popen:
    """DVC, started, in a process that ends when this one does; its output goes to the end of the log."""
    with log.open("a") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "brainseg.sweep.ending_dvc", str(os.getpid()), *words],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is the sweep's, which then ends this
        )
