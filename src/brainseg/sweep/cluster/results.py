"""The files of experiments that nodes pushed to the DVC remote, fetched into the driver's cache."""

from collections.abc import Sequence

from dvc.repo import Repo

from brainseg.core.errors import UserError
from brainseg.core.progress import print_line
from brainseg.experiments import yaml12
from brainseg.experiments.dvc_cache import is_cached
from brainseg.experiments.git import Git
from brainseg.experiments.lock import files
from brainseg.sweep.cluster.patience import OutOfPatienceError, patiently
from brainseg.sweep.project import Project


def fetch_results(project: Project, revisions: Sequence[str]) -> None:
    """Fetch all that these experiments wrote into the cache, where local rows leave it.

    Raises UserError if the remote does not answer.
    """
    with Git(project.folder) as git:
        locks = {revision: yaml12.parse(git.read(revision, "dvc.lock") or b"{}")["stages"] for revision in revisions}
        missing = [
            revision
            for revision, lock in locks.items()
            for stage in lock
            for path, md5 in files(lock, stage, "outs").items()
            if not is_cached(project.cache, md5) and git.read(revision, path) is None  # git has the small metrics
        ]
    if not missing:
        return
    stages = list(dict.fromkeys(stage for lock in locks.values() for stage in lock))

    def fetch() -> None:
        with Repo(str(project.folder)) as repo:
            repo.fetch(targets=stages, revs=list(dict.fromkeys(missing)), workspace=False)

    try:
        patiently(fetch, "dvc fetch", print_line)
    except OutOfPatienceError as error:
        raise UserError(f"all rows are in the DVC remote; run the same command again to fetch them ({error})") from None
