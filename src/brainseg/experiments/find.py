"""Experiments, found in git and DVC's cache. Nothing is checked out, and the workspace stays as it is."""

from collections.abc import Sequence
from pathlib import Path

from brainseg.core.errors import UserError
from brainseg.core.progress import print_line
from brainseg.experiments.git import Git
from brainseg.experiments.lock import files
from brainseg.experiments.names import distinct, head_name, named
from brainseg.experiments.reader import PER_VOLUME, EvaluatedRun, Experiment, Reader

__all__ = ["EvaluatedRun", "Experiment", "all_evaluated", "find"]


def find(folder: Path, patterns: Sequence[str]) -> list[Experiment]:
    """The experiments that `patterns` mean, in their order, each once.

    A pattern is an experiment's name, a shell pattern of such names, a git revision, or "workspace".
    Without any: HEAD and all experiments that hang from it; those that were not run as a whole, as a search that
    stops after training, or whose files are not here, as a fresh clone's HEAD, are left out with a note.
    Raises UserError for what is named and not found, was not run as a whole, or lacks a file.
    """
    if not (folder / ".dvc").is_dir():
        raise UserError(f"{folder.absolute()}: no project of DVC; run this in the folder that holds dvc.yaml")
    with Git(folder) as git:
        reader = Reader(folder, git)
        if patterns:
            return [reader.experiment(name, revision) for revision, name in named(git, patterns).items()]
        if not git.head:
            raise UserError(f"{folder.absolute()}: no commit yet; experiments hang from commits")
        rest = [ref for ref in git.experiments if ref.baseline == git.head]
        names = distinct({git.head: head_name(git)} | {ref.revision: ref.name for ref in rest})
        found, left_out = [], []
        for revision, name in names.items():
            try:
                found.append(reader.experiment(name, revision))
            except UserError as error:
                left_out.append(error)
        if not found:
            raise left_out[0]
        for error in left_out:
            print_line(f"note: left out of the comparison. {error}")
        return found


def all_evaluated(folder: Path) -> list[EvaluatedRun]:
    """All that any experiment, branch or tag of the repository scored and is here, equal scores once.

    An experiment that was brought to a branch, or a commit with many tags, is one choice, not several.
    """
    scored: dict[str, EvaluatedRun] = {}
    with Git(folder) as git:
        reader = Reader(folder, git)
        for ref in [*git.experiments, *git.branches_and_tags]:
            try:
                lock = reader.lock(ref.name, ref.revision)
                md5 = files(lock, "evaluate", "outs").get(PER_VOLUME[1], "")
                if md5 not in scored:
                    scored[md5] = EvaluatedRun(ref.name, ref.revision, lock, reader.per_volume(ref.name, lock))
            except UserError:  # never run, or not in this cache
                continue
    return list(scored.values())
