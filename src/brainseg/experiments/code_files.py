"""The project's own code in a revision, file by file. dvc.lock has only one digest for a whole folder."""

import subprocess
from pathlib import Path

from brainseg.core.errors import UserError

CODE = ("src", "stages")


def code_files(folder: Path, revision: str) -> dict[str, str]:
    """path -> git's id of its content, of all files of src/ and stages/ in a commit, or for "" in the workspace.

    Paths are relative to the project `folder`. Files that git ignores are left out.
    """
    if revision:
        entries = filter(None, _git(folder, "ls-tree", "-r", "-z", revision, "--", *CODE).split("\0"))
        pairs = (entry.split("\t", 1) for entry in entries)  # mode, type and id, then the path
        return {path: entry.split()[2] for entry, path in pairs}
    listed = _git(folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *CODE).split("\0")
    paths = [path for path in dict.fromkeys(listed) if path and "\n" not in path and (folder / path).is_file()]
    ids = _git(folder, "hash-object", "--stdin-paths", stdin="".join(f"{path}\n" for path in paths)).split()
    return dict(zip(paths, ids, strict=True))


def _git(folder: Path, *command: str, stdin: str = "") -> str:
    text = {"encoding": "utf-8", "errors": "surrogateescape"}  # file names may have any bytes
    done = subprocess.run(["git", *command], cwd=folder, input=stdin, capture_output=True, **text)
    if done.returncode:
        raise UserError(f"{folder}: git {command[0]} failed: {' '.join(done.stderr.split())}")
    return done.stdout
