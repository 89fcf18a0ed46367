"""The contents of a git repository, read by two git processes and never changed."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from brainseg.core.errors import UserError

# DVC keeps an experiment as refs/exps/<2 digits>/<38 digits>/<name>, the digits being the commit it is based
# on; other refs in refs/exps belong to runs in progress
EXPERIMENT = re.compile(r"refs/exps/([0-9a-f]{2})/([0-9a-f]{38,62})/(.+)")


def experiment_ref(baseline: str, name: str) -> str:
    """The ref of the experiment of this name that is based on the commit with the full sha `baseline`."""
    return f"refs/exps/{baseline[:2]}/{baseline[2:]}/{name}"


@dataclass(frozen=True)
class Ref:
    name: str
    revision: str  # full sha of the commit
    baseline: str = ""  # for an experiment: full sha of the commit that it is based on


class Git:
    """A repository, with paths relative to a folder in it. Close it, or use it as a context manager."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.experiments: list[Ref] = []
        self.branches_and_tags: list[Ref] = []
        self.branch = ""  # the one checked out, if any
        self._list_refs()
        self._objects = subprocess.Popen(
            ["git", "cat-file", "--batch"],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.head = self.commit("HEAD") or ""  # "" before the first commit

    def _list_refs(self) -> None:
        fields = "%09".join(["%(HEAD)", "%(objectname)", "%(*objectname)", "%(refname)"])
        # version:refname puts grid-10 after grid-9
        command = ["git", "for-each-ref", "--sort=version:refname", f"--format={fields}"]
        try:
            done = subprocess.run(
                [*command, "refs/exps", "refs/heads", "refs/tags"], cwd=self.folder, capture_output=True, text=True
            )
        except FileNotFoundError:
            raise UserError(f"{self.folder}: no such folder, or no git to read it with") from None
        if done.returncode:
            reason = (done.stderr.splitlines() or ["it could not list its refs"])[0].removeprefix("fatal: ")
            raise UserError(f"{self.folder}: git says: {reason}; run this in the folder of a project under git and DVC")
        for line in done.stdout.splitlines():
            here, revision, peeled, name = line.split("\t")
            revision = peeled or revision  # an annotated tag is an object of its own
            if experiment := EXPERIMENT.fullmatch(name):
                self.experiments.append(Ref(experiment[3], revision, experiment[1] + experiment[2]))
            elif not name.startswith("refs/exps/"):
                short = name.split("/", 2)[2]
                self.branches_and_tags.append(Ref(short, revision))
                if here == "*":
                    self.branch = short

    def commit(self, revision: str) -> str | None:
        """The full sha of a revision in any form that git accepts; None if it matches no commit, or several."""
        found = self._object(f"{revision}^{{commit}}")
        return found[0] if found else None

    def read(self, revision: str, path: str) -> bytes | None:
        """A file of a commit, its path relative to the folder; None if the commit has no such file."""
        found = self._object(f"{revision}:./{path}")
        return found[1] if found else None

    def _object(self, name: str) -> tuple[str, bytes] | None:
        if "\n" in name:
            return None
        self._objects.stdin.write(name.encode() + b"\n")
        self._objects.stdin.flush()
        header = self._objects.stdout.readline()
        found = re.fullmatch(rb"([0-9a-f]{40,64}) \w+ (\d+)\n", header)
        if not found:
            if not header:
                raise UserError(f"{self.folder}: git cat-file stopped; `git fsck` tells if the repository is whole")
            return None
        content = self._objects.stdout.read(int(found[2]) + 1)  # and a newline
        return found[1].decode(), content[:-1]

    def close(self) -> None:
        self._objects.stdin.close()
        self._objects.stdout.close()
        self._objects.wait()

    def __enter__(self) -> "Git":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
