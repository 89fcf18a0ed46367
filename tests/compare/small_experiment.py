"""Experiments as they are read, written by hand."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from brainseg.experiments.reader import Experiment
from tests.compare.small_project import lock_of, state

ABC = {"a": 0.5, "b": 0.7, "c": 0.9}


def experiment(
    name: str,
    scores: Mapping[str, float] = ABC,
    changes: dict[str, Any] | None = None,
    *,
    subset: str = "test",
    columns: Mapping[str, Sequence[Any]] | None = None,
    validation_dsc: Sequence[float] = (0.2, 0.4),
    timing: Mapping[str, Any] | None = None,
    selected_on: str = "nothing",
) -> Experiment:
    """With scores, DSC, of its held-out patients, and one training patient; columns: more of them, for the held out."""
    given = state(changes)
    more = columns or {}
    rows = {"subset": [subset] * len(scores), "dsc": list(scores.values()), **more}
    training = {"subset": "train", "dsc": 0.01} | {key: values[0] for key, values in more.items()}
    per_volume = pd.concat(
        [pd.DataFrame(rows, index=list(scores)), pd.DataFrame(training, index=[f"trained on by {name}"])]
    )
    history = pd.DataFrame({"epoch": range(1, len(validation_dsc) + 1), "validation_dsc": validation_dsc})
    return Experiment(
        name=name,
        revision=f"sha of {name}",
        lock=lock_of(given),
        per_volume=per_volume.rename_axis("patient"),
        params=given["params"],
        evaluation={"selected_on": selected_on},
        training=json.loads(given["files"]["metrics/training.json"]),
        timing={"device": "cpu", "training_seconds": 60.0, "seconds_per_epoch": 30.0} if timing is None else timing,
        history=history,
        validation_per_epoch=per_epoch(validation_dsc),
    )


def per_epoch(validation_dsc: Sequence[float]) -> pd.DataFrame:
    """Two validation patients, one 0.01 above the mean and one below."""
    rows = [
        {"epoch": epoch, "patient": patient, "dsc": dsc + by}
        for epoch, dsc in enumerate(validation_dsc, start=1)
        for patient, by in (("u", 0.01), ("v", -0.01))
    ]
    return pd.DataFrame(rows)


def fold(number: int, seed: int = 0) -> dict[str, Any]:
    """The changes for one of several folds."""
    of_split = {"split.strategy": "kfold", "split.fold": number, "data/split.csv": f"fold {number}"}
    return of_split | {"seed": seed}
