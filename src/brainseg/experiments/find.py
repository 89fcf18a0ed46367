"""Find experiments in git and DVC's cache. Nothing is checked out, and the workspace does not change."""

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
    """The experiments that match `patterns`, in the order of the patterns, each once.

    A pattern is an experiment's name, a shell pattern of such names, a git revision, or "workspace".
    Without patterns: HEAD and all experiments based on it. Left out with a note are experiments that were not run to
    the end, such as a search that stops after training, and those with missing files, such as a fresh clone's HEAD.
    Raises UserError for a named experiment that is not found, was not run to the end, or lacks a file.
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
    """All available scores of experiments, branches and tags of the repository; equal scores count once.

    An experiment that was also applied to a branch, or a commit with many tags, counts once.
    """
    scored: dict[str, EvaluatedRun] = {}
    with Git(folder) as git:
        reader = Reader(folder, git)
        for ref in [*git.experiments, *git.branches_and_tags]:
            try:
                lock = reader.lock(ref.name, ref.revision)
                md5 = files(lock, "evaluate", "outs").get(PER_VOLUME[1], "")
                if md5 not in scored:
                    table = reader.per_volume(ref.name, ref.revision, lock)
                    scored[md5] = EvaluatedRun(ref.name, ref.revision, lock, table)
            except UserError:  # never run, or not in this cache
                continue
    return list(scored.values())
