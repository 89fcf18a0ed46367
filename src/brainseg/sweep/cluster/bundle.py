"""Commits and experiments as git bundles, which travel between machines as bytes."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from brainseg.experiments.git import experiment_ref
from brainseg.sweep.clone import WITHOUT_HOOKS, check_out, fetch_from
from brainseg.sweep.project import Project, run_git


def pack_commit(project: Project) -> bytes:
    """The commit that all rows are based on, with its history."""
    return _pack(project.repository, "HEAD")


def unpack_commit(bundle: bytes, head: str, author: Mapping[str, str], folder: Path) -> None:
    """A repository in a new folder, with this commit checked out."""
    with tempfile.TemporaryDirectory() as aside:
        path = Path(aside) / "commit.bundle"
        path.write_bytes(bundle)
        run_git(folder.parent, "clone", "--quiet", "--no-checkout", *WITHOUT_HOOKS, str(path), str(folder))
    check_out(folder, head, author)


def pack_experiment(folder: Path, head: str, name: str) -> bytes:
    """The experiment of this name that was run in the folder, without the commit `head` that it is based on."""
    return _pack(folder, experiment_ref(head, name), f"^{head}")


def unpack_experiment(bundle: bytes, project: Project, name: str) -> None:
    """Fetch the experiment into the project, in place of one of the same name."""
    with tempfile.TemporaryDirectory() as aside:
        path = Path(aside) / "experiment.bundle"
        path.write_bytes(bundle)
        fetch_from(project, str(path), name)


def _pack(repository: Path, *revisions: str) -> bytes:
    with tempfile.TemporaryDirectory() as aside:
        path = Path(aside) / "pack.bundle"
        run_git(repository, "bundle", "create", "--quiet", str(path), *revisions)
        return path.read_bytes()
