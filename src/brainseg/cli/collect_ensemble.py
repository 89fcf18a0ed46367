"""The work of `brainseg ensemble`: collect the networks of experiments for `predict`."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from dvc.api import DVCFileSystem
from dvc.exceptions import DvcException

from brainseg.core.errors import UserError
from brainseg.core.progress import print_line
from brainseg.data import weights
from brainseg.data.ensemble import ENSEMBLE, TRAINED_ON, learned_from, write_records
from brainseg.experiments.dvc_cache import cache_folder, md5_of
from brainseg.experiments.find import find
from brainseg.experiments.lock import files
from brainseg.experiments.reader import Experiment

WEIGHTS = str(weights.FOLDER)


def collect_ensemble(patterns: Sequence[str]) -> None:
    """Copy their weights to data/ensemble, in place of its old content.

    Raises UserError for fewer than two, and where they were not all trained on the same kind of images.
    """
    found = find(Path.cwd(), patterns)
    if len(found) < 2:
        raise UserError(
            f"{', '.join(experiment.name for experiment in found)}: one network is no ensemble; name two or more"
        )
    first = learned_from(found[0].params)
    for other in found[1:]:
        for key, value in learned_from(other.params).items():
            if first.get(key) != value:
                message = f"{key} is {first.get(key)} in {found[0].name}, {value} in {other.name}"
                raise UserError(f"{message}; expected networks that see the same")
    tmp_path = ENSEMBLE.with_name(".ensemble.aside")
    shutil.rmtree(tmp_path, ignore_errors=True)
    try:
        for experiment in found:
            _copy_weights(experiment, tmp_path / experiment.name)
        _empty(ENSEMBLE)
        for folder in tmp_path.iterdir():
            folder.replace(ENSEMBLE / folder.name)
        # written last: without it no scoring is possible, so an incomplete ensemble is never used
        write_records(ENSEMBLE, found[0].params, {experiment.name: _known_to(experiment) for experiment in found})
    finally:
        shutil.rmtree(tmp_path, ignore_errors=True)
    print_line(f"{len(found)} networks in {ENSEMBLE}: {', '.join(experiment.name for experiment in found)}")
    print_line(f"next: dvc exp run -S predict.networks={ENSEMBLE}")


def _empty(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / TRAINED_ON).unlink(missing_ok=True)
    for old in folder.iterdir():
        if old.is_dir():
            shutil.rmtree(old)


def _copy_weights(experiment: Experiment, folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        DVCFileSystem(str(Path.cwd()), rev=experiment.revision).get(WEIGHTS, str(folder), recursive=True)
    except (DvcException, OSError) as error:
        reason = " ".join(str(error).split())[:150]
        raise UserError(f"{experiment.name}: {WEIGHTS} is not in DVC's cache ({reason}); `dvc exp pull` it") from None
    _check_digests(experiment, folder)


def _check_digests(experiment: Experiment, folder: Path) -> None:
    """Raises UserError for weights that are not those of dvc.lock: DVC takes a damaged file of its cache for whole."""
    md5 = files(experiment.lock, "train", "outs").get(WEIGHTS, "")
    listing = cache_folder(Path.cwd()) / "files" / "md5" / md5[:2] / md5[2:]
    if not md5 or not listing.is_file():
        return
    try:
        expected = {entry["relpath"]: entry["md5"] for entry in json.loads(listing.read_bytes())}
    except (ValueError, TypeError, KeyError):
        raise UserError(f"{listing}: is damaged; remove it, and `dvc exp pull` or train again") from None
    for name, digest in expected.items():
        if not (folder / name).is_file() or md5_of((folder / name).read_bytes()) != digest:
            damaged = listing.parents[1] / digest[:2] / digest[2:]
            raise UserError(
                f"{experiment.name}: {WEIGHTS}/{name} is damaged in DVC's cache ({damaged}); "
                "remove that file, and `dvc exp pull` or train again"
            )


def _known_to(experiment: Experiment) -> list[str]:
    known = experiment.per_volume.subset.isin(["train", "validation"])
    return list(experiment.per_volume.index[known])
