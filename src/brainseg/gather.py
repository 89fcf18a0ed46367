"""What `brainseg ensemble` does: bring the networks of experiments together for `predict`."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dvc.api import DVCFileSystem
from dvc.exceptions import DvcException

from brainseg.compare.experiments import find
from brainseg.compare.reader import Experiment
from brainseg.ensemble import ENSEMBLE, write_trained_on
from brainseg.errors import UserError
from brainseg.params import PARAMS_FILE, block, read_params
from brainseg.progress import say

WEIGHTS = "data/weights"


def gather(patterns: Sequence[str]) -> None:
    """Copy their weights to data/ensemble, in place of what was there.

    Raises UserError for fewer than two, and where params.yaml would have them see other images than they learned from.
    """
    found = find(Path.cwd(), patterns)
    if len(found) < 2:
        raise UserError(f"{', '.join(it.name for it in found)}: one network is no ensemble; name two or more")
    params = read_params()
    for experiment in found:
        _sees_what_it_learned_from(experiment, params)
    aside = ENSEMBLE.with_name(".ensemble.aside")
    shutil.rmtree(aside, ignore_errors=True)
    try:
        for experiment in found:
            _copy_weights(experiment, aside / experiment.name)
        write_trained_on(aside, {it.name: _known_to(it) for it in found})
        for old in ENSEMBLE.glob("*"):
            if old.name != "README.md":
                shutil.rmtree(old) if old.is_dir() else old.unlink()
        ENSEMBLE.mkdir(parents=True, exist_ok=True)
        for new in aside.iterdir():
            new.replace(ENSEMBLE / new.name)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    say(f"{len(found)} networks in {ENSEMBLE}: {', '.join(it.name for it in found)}")
    say(f"next: dvc exp run -S predict.networks={ENSEMBLE}")


def _sees_what_it_learned_from(experiment: Experiment, params: Mapping[str, Any]) -> None:
    arch = block(params, "arch")
    for key in ("arch", f"archs.{arch}", "input", "preprocess"):
        here, there = block(params, key), block(experiment.params, key)
        if here != there:
            raise UserError(
                f"{PARAMS_FILE}: {key} is {here}; {experiment.name} was trained with {there}; "
                "`dvc exp apply` one of them first"
            )


def _copy_weights(experiment: Experiment, folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        DVCFileSystem(str(Path.cwd()), rev=experiment.revision).get(WEIGHTS, str(folder), recursive=True)
    except (DvcException, OSError) as error:
        reason = " ".join(str(error).split())[:150]
        raise UserError(f"{experiment.name}: {WEIGHTS} is not in DVC's cache ({reason}); `dvc exp pull` it") from None


def _known_to(experiment: Experiment) -> list[str]:
    known = experiment.per_volume.subset.isin(["train", "validation"])
    return list(experiment.per_volume.index[known])
