"""Which command of DVC brings the files of an experiment from a remote."""

from pathlib import Path

from brainseg.experiments.git import Git


def how_to_get(folder: Path, revision: str) -> str:
    """Commands for the outputs of a revision that DVC's cache in the project `folder` lacks; "" is the workspace.

    `dvc pull` brings those of the dvc.lock that is checked out, `dvc exp pull` those of an experiment, and `dvc fetch`
    those of other commits, all at once.
    """
    if not revision:
        return "get it with `dvc pull`, or run the pipeline with `dvc repro`"
    with Git(folder) as git:
        if names := [ref.name for ref in git.experiments if ref.revision == revision]:
            return f"get it with `dvc exp pull origin {names[0]}`"
        if revision == git.head:
            return "get it with `dvc pull`"
    return "get it with `dvc fetch --all-commits`"
