"""The run of a row in its own folder, a clone of the commit. Its experiment is then fetched into the project.

DVC's own queue writes to the workspace while it queues (it detaches HEAD, stashes, and resets). The tasks of a
killed worker stay `Running` for ever, and all workers have the same environment. Here the workspace does not
change, a killed run has no lasting effect, and each worker has its own threads or GPU.
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

from brainseg.core.params import PARAMS_FILE
from brainseg.experiments.git import experiment_ref
from brainseg.sweep.plan import Row, set_value
from brainseg.sweep.project import Project, run_git
from brainseg.sweep.sweep_file import Changes

# for experiments' commits, where git has no other
AUTHOR = {"user.name": "brainseg", "user.email": "brainseg@localhost"}
WITHOUT_HOOKS = ["--template=", "--config", "core.hooksPath=/dev/null"]


@contextmanager
def clone(project: Project, sweep: str, row: Row) -> Iterator[Path]:
    """A clone with the row's settings and the project's cache; removed at the end."""
    folders = _folders(project, sweep)
    folders.mkdir(parents=True, exist_ok=True)
    clone = Path(tempfile.mkdtemp(prefix=f"{row.short}-", dir=folders))
    try:
        run_git(project.repository, "clone", "--quiet", "--shared", "--no-checkout", *WITHOUT_HOOKS, ".", str(clone))
        check_out(clone, project.head, author(project))
        folder = clone / project.inside
        _share_cache(project, folder)
        write_settings(folder / PARAMS_FILE, row.changes)
        yield folder
    finally:
        shutil.rmtree(clone, ignore_errors=True)


def author(project: Project) -> dict[str, str]:
    """git's user.name and user.email in the project."""
    ask = ["config", "--default"]
    return {key: run_git(project.repository, *ask, default, "--get", key).strip() for key, default in AUTHOR.items()}


def check_out(clone: Path, head: str, author: Mapping[str, str]) -> None:
    """Check out the commit in a clone, whose further commits are by this author."""
    run_git(clone, "checkout", "--quiet", "--detach", head)
    for key, value in author.items():
        run_git(clone, "config", key, value)


def remove_folders(project: Project, sweep: str) -> None:
    """Remove all folders of the sweep, also those of a killed sweep."""
    shutil.rmtree(_folders(project, sweep), ignore_errors=True)


def _folders(project: Project, sweep: str) -> Path:
    return project.scratch / f"sweep-{sweep}"


def fetch(project: Project, folder: Path, name: str) -> None:
    """Fetch the experiment that was run in the folder into the project."""
    fetch_from(project, run_git(folder, "rev-parse", "--show-toplevel").strip(), name)


def fetch_from(project: Project, source: str, name: str) -> None:
    """Fetch an experiment into the project. source: a repository or a bundle, in any form that git accepts."""
    ref = experiment_ref(project.head, name)
    alone = ["--quiet", "--no-tags", "--no-auto-gc", "--no-write-fetch-head", "--no-recurse-submodules"]
    run_git(project.repository, "fetch", *alone, source, f"+{ref}:{ref}")


def _share_cache(project: Project, folder: Path) -> None:
    """Use the project's cache, with its link type. Other local settings are left out: their paths may be relative."""
    config = ConfigParser(interpolation=None, strict=False, allow_no_value=True)
    config.read(project.folder / ".dvc" / "config.local")
    cache = dict(config["cache"]) if config.has_section("cache") else {}
    written = ConfigParser(interpolation=None)
    written["cache"] = cache | {"dir": str(project.cache)}
    with (folder / ".dvc" / "config.local").open("w", encoding="utf-8") as file:
        written.write(file)


def write_settings(path: Path, changes: Changes) -> None:
    """Write other values under dotted keys of a params.yaml."""
    yaml = YAML()  # keeps comments and order
    yaml.width = 200
    params = yaml.load(path)
    for key, value in changes.items():
        set_value(params, key, value)
    yaml.dump(params, path)


def dvc(words: list[str], folder: Path, environment: Mapping[str, str], log: Path, lock: int) -> subprocess.Popen:
    """Start DVC in a process that ends when this one does. Its output is appended to the log.

    It also holds the lock, a file descriptor: a sweep started again right after a kill waits for its end.
    """
    # else DVC leaves one in /var/tmp for each folder, for ever
    site = {"DVC_SITE_CACHE_DIR": str(folder / ".dvc" / "tmp" / "site")}
    with log.open("a") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "brainseg.sweep.dvc_process", str(os.getpid()), *words],
            cwd=folder,
            env=dict(environment) | site,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=[lock],
            start_new_session=True,  # the sweep handles Ctrl-C, and then ends this process
        )
