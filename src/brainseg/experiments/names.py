"""Resolve the names and patterns of experiments."""

from collections import Counter
from collections.abc import Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase

from brainseg.core.errors import UserError
from brainseg.experiments.git import Git

WORKSPACE = "workspace"  # DVC's name for it
LIST = "`dvc exp list -A` lists the experiments"
LIST_ELSEWHERE = (  # a fresh clone has none
    "no experiments are here; `dvc exp list -A origin` lists those of the remote, `dvc exp pull origin NAME` brings one"
)


def named(git: Git, patterns: Sequence[str]) -> dict[str, str]:
    """revision -> name of all matches of the patterns, in the order of the patterns, each once; "" is the workspace."""
    found: dict[str, str] = {}
    for pattern in patterns:
        for revision, name in _meant(git, pattern):
            found.setdefault(revision, name)
    return distinct(found)


def distinct(names: dict[str, str]) -> dict[str, str]:
    """revision -> name, with the first digits of the revision added where two have the same name, as on two commits."""
    often = Counter(names.values())
    return {revision: name if often[name] == 1 else f"{name} ({revision[:7]})" for revision, name in names.items()}


def head_name(git: Git) -> str:
    return git.branch or git.head[:7]


def _meant(git: Git, pattern: str) -> list[tuple[str, str]]:
    if pattern == WORKSPACE:
        return [("", WORKSPACE)]
    names = list(dict.fromkeys(ref.name for ref in git.experiments))
    if any(wild in pattern for wild in "*?[") and pattern not in names:
        matches = [name for name in names if fnmatchcase(name, pattern)]
        if not matches:
            raise UserError(f"{pattern!r} matches no name of an experiment{_hint(git, pattern, names)}")
        return [(_experiment(git, name), name) for name in matches]
    if pattern in names:
        return [(_experiment(git, pattern), pattern)]
    revision = git.commit(pattern)
    if revision is None:
        known = [*names, *(ref.name for ref in git.branches_and_tags), WORKSPACE]
        raise UserError(f"{pattern!r} is no experiment, branch, tag or commit{_hint(git, pattern, known)}")
    return [(revision, _shown(git, pattern, revision))]


def _hint(git: Git, given: str, known: Sequence[str]) -> str:
    close = get_close_matches(given, known, n=3)
    meant = f"did you mean {' or '.join(close)}? " if close else ""
    return f"; {meant}{LIST if git.experiments else LIST_ELSEWHERE}"


def _experiment(git: Git, name: str) -> str:
    """The revision of an experiment; of several with the same name, the one based on HEAD."""
    same = [ref for ref in git.experiments if ref.name == name]
    of_head = [ref for ref in same if ref.baseline == git.head]
    if len(same) > 1 and not of_head:
        several = ", ".join(f"{ref.revision[:7]} (of {ref.baseline[:7]})" for ref in same)
        raise UserError(f"{name!r} is the name of {len(same)} experiments, none of HEAD; give one's sha: {several}")
    return (of_head or same)[0].revision


def _shown(git: Git, given: str, revision: str) -> str:
    """The name to print: the branch for HEAD, the experiment or first digits for a sha, all else as given."""
    if given in ("HEAD", "@"):
        return head_name(git)
    if revision.startswith(given.lower()):
        experiment = [ref.name for ref in git.experiments if ref.revision == revision]
        return experiment[0] if len(experiment) == 1 else revision[:7]
    return given
