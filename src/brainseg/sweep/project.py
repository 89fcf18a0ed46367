"""The project that a sweep runs in: its commit, changes since the commit, and finished rows."""

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from brainseg.core.errors import UserError
from brainseg.core.params import PARAMS_FILE
from brainseg.experiments import yaml12
from brainseg.experiments.dvc_cache import cache_folder
from brainseg.experiments.git import Git
from brainseg.experiments.lock import SCORED, check, flat_params
from brainseg.sweep.plan import Row

# what an experiment reads besides params.yaml and the cache
READ = ["params.yaml", "dvc.yaml", "src", "stages", ".dvc/config"]
READ += ["data/own", "data/own_volumes", "data/own_split", "data/random_weights"]

POINT_ELSEWHERE = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX")


@dataclass(frozen=True)
class Project:
    folder: Path  # the folder of dvc.yaml
    inside: Path  # the same, relative to the git repository
    repository: Path
    head: str  # sha of the commit that all rows are based on
    cache: Path  # DVC's

    @property
    def scratch(self) -> Path:
        """The folder of the rows' own folders. Training in them stores its state in the project's runs/."""
        return self.folder / ".dvc" / "tmp" / "exps"

    def records(self, sweep: str) -> Path:
        """Logs and failures of a sweep, ignored by git."""
        return self.folder / "runs" / "sweeps" / sweep


def open_project(folder: Path) -> Project:
    """Raises UserError unless the folder is a git and DVC project and all that experiments read is committed.

    Rows start from the commit. Uncommitted changes would be in some rows and not in others.
    """
    if not (folder / "dvc.yaml").is_file() or not (folder / ".dvc").is_dir():
        raise UserError(f"{folder}: no dvc.yaml; run this in the folder that holds it")
    with Git(folder) as git:
        head = git.head
        if not head:
            raise UserError(f"{folder}: no commit yet; experiments hang from commits")
        committed = git.read(head, str(PARAMS_FILE))
    changed = run_git(folder, "diff", "--name-only", "--relative", "HEAD", "--", *READ).splitlines()
    # git treats a file of the same size and second as unchanged, and `dvc exp run -S` writes such files
    if committed != (folder / PARAMS_FILE).read_bytes() and str(PARAMS_FILE) not in changed:
        changed.insert(0, str(PARAMS_FILE))
    unknown = run_git(folder, "ls-files", "--others", "--exclude-standard", "--", *READ).splitlines()
    if changed or unknown:
        names = changed + unknown
        todo = f", or put back with `git checkout {changed[0]}`" if changed else f" ({unknown[0]} was never added)"
        raise UserError(
            f"{', '.join(names[:5])}{' ...' if len(names) > 5 else ''}: not as in the last commit, which all rows "
            f"start from; commit{todo}"
        )
    repository = Path(run_git(folder, "rev-parse", "--show-toplevel").strip())
    inside = folder.resolve().relative_to(repository.resolve())
    return Project(folder, inside, repository, head, cache_folder(folder).resolve())


def finished(project: Project, rows: Sequence[Row], until: str | None) -> dict[str, str]:
    """name -> revision of the rows that were run to the end, from this commit and with exactly these settings.

    Raises UserError where an experiment of this commit has a row's name and other settings.
    """
    stages = SCORED[: SCORED.index(until) + 1] if until else SCORED  # missing pictures are no reason to run a row again
    with Git(project.folder) as git:
        revisions = {ref.name: ref.revision for ref in git.experiments if ref.baseline == project.head}
        done = {}
        for row in rows:
            if row.name not in revisions:
                continue
            revision = revisions[row.name]
            params = yaml12.parse(git.read(revision, str(PARAMS_FILE)) or b"{}")
            _same_settings(row, params)
            try:
                check(row.name, yaml12.parse(git.read(revision, "dvc.lock") or b"{}").get("stages", {}), params, stages)
            except UserError:  # run by hand, but not to the end
                continue
            done[row.name] = revision
    return done


def _same_settings(row: Row, given: dict) -> None:
    mine, theirs = flat_params(row.params), flat_params(given)
    for key in dict.fromkeys([*mine, *theirs]):
        if mine.get(key) != theirs.get(key):
            raise UserError(
                f"{row.name}: there is an experiment of this name with {key} {theirs.get(key)}, not {mine.get(key)}; "
                f"give this sweep another --name, or remove that one: dvc exp remove {row.name}"
            )


def run_git(folder: Path, *words: str) -> str:
    """The output of git; raises UserError where git fails."""
    done = subprocess.run(
        ["git", *words],
        cwd=folder,
        env=own_environment(),
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,  # only the sweep handles Ctrl-C: a clone or fetch stopped by it looks like a failure
    )
    if done.returncode:
        raise UserError(f"{folder}: git {words[0]} says: {(done.stderr.splitlines() or ['nothing'])[0]}")
    return done.stdout


def own_environment() -> dict[str, str]:
    """The environment without variables set by a git hook or alias: with them git in a clone would use the project."""
    return {key: value for key, value in os.environ.items() if key not in POINT_ELSEWHERE}
