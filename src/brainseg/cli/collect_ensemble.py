"""The work of `brainseg ensemble`: collect the networks of experiments for `predict`."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from brainseg.core.errors import UserError
from brainseg.core.progress import print_line
from brainseg.data import weights
from brainseg.data.ensemble import ENSEMBLE, TRAINED_ON, learned_from, write_records
from brainseg.experiments.find import find
from brainseg.experiments.lock import model_file
from brainseg.experiments.outputs import copy_output
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
                raise UserError(f"{message}; expected networks with the same input")
    for experiment in found:
        start, md5 = model_file(experiment.lock, experiment.params)
        if md5:
            raise UserError(f"{experiment.name}: started from {start}, which lists its patients as hashes; `pack` them")
    tmp_path = ENSEMBLE.with_name(".ensemble.aside")
    shutil.rmtree(tmp_path, ignore_errors=True)
    try:
        for experiment in found:
            copy_output(experiment, WEIGHTS, tmp_path / experiment.name)
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


def _known_to(experiment: Experiment) -> dict[str, str]:
    subset = experiment.per_volume.subset
    return subset[subset.isin(["train", "validation"])].to_dict()
