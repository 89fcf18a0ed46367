"""Outputs of an experiment, brought out of DVC's cache, or from its remote, without a checkout."""

import json
from pathlib import Path

from dvc.api import DVCFileSystem

from brainseg.core.errors import UserError
from brainseg.experiments.dvc_cache import cache_folder, md5_of
from brainseg.experiments.lock import files
from brainseg.experiments.reader import Experiment
from brainseg.experiments.remedy import how_to_get

LONGEST_REASON = 150  # characters


def copy_output(experiment: Experiment, path: str, target: Path) -> None:
    """Copy a folder that the experiment wrote, such as data/weights, to target; a UserError if it is not available.

    The workspace's is the folder itself. Files that DVC's cache lacks are read from the default remote.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        DVCFileSystem(str(Path.cwd()), rev=experiment.revision or None).get(path, str(target), recursive=True)
    except Exception as error:  # each kind of remote has its own
        todo = how_to_get(Path.cwd(), experiment.revision)
        raise UserError(f"{experiment.name}: {path} is not in DVC's cache ({_reason(error)}); {todo}") from None
    _check_digests(experiment, path, target)


def _reason(error: BaseException) -> str:
    """What the remote, or the file system, said first."""
    while error.__cause__:
        error = error.__cause__
    return " ".join(str(error).split())[:LONGEST_REASON] or type(error).__name__


def _check_digests(experiment: Experiment, path: str, target: Path) -> None:
    """Raises UserError for files that are not those of dvc.lock: DVC takes a damaged file of its cache for whole."""
    md5 = next((md5 for stage in experiment.lock if (md5 := files(experiment.lock, stage, "outs").get(path))), "")
    listing = cache_folder(Path.cwd()) / "files" / "md5" / md5[:2] / md5[2:]
    if not md5 or not listing.is_file():
        return
    try:
        expected = {entry["relpath"]: entry["md5"] for entry in json.loads(listing.read_bytes())}
    except (ValueError, TypeError, KeyError):
        raise UserError(
            f"{listing}: is damaged; remove it, and {how_to_get(Path.cwd(), experiment.revision)}"
        ) from None
    for name, digest in expected.items():
        if not (target / name).is_file() or md5_of((target / name).read_bytes()) != digest:
            damaged = listing.parents[1] / digest[:2] / digest[2:]
            raise UserError(
                f"{experiment.name}: {path}/{name} is damaged in DVC's cache ({damaged}); "
                f"remove that file, and {how_to_get(Path.cwd(), experiment.revision)}"
            )
