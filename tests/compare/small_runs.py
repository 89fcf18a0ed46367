"""Experiments by what they were run with; of their scores there are none."""

import json
from dataclasses import replace
from typing import Any

import pandas as pd

from brainseg.experiments.reader import Experiment
from tests.compare.small_project import lock_of, state

SPLIT, RAW, PREPROCESSED = {"data/split.csv": "other"}, {"data/raw": "other"}, {"data/preprocessed": "other"}


TRAINING, TIMING, EVALUATION = "metrics/training.json", "metrics/timing.json", "metrics/evaluation.json"


GPU = {
    TRAINING: json.dumps({"device": "cuda", "precision": "bf16"}),
    TIMING: json.dumps({"device": "NVIDIA H200"}),
}


KFOLD = {"split.strategy": "kfold"}


def run(name: str = "a", subset: str = "validation", **changes: Any) -> Experiment:
    given = state(changes)
    evaluation, training, timing = (json.loads(given["files"][path]) for path in (EVALUATION, TRAINING, TIMING))
    none, scored = pd.DataFrame(), pd.DataFrame({"subset": ["train", subset]})
    lock = lock_of(given)
    return Experiment(name, "", lock, scored, given["params"], evaluation, training, timing, none, none)


def of(*changes: dict[str, Any]) -> Experiment:
    return run(**{key: value for change in changes for key, value in change.items()})


def in_folder(md5: str, **ids: str) -> Experiment:
    """Its lock has one digest of src/brainseg/training; ids: git's, of the files inside."""
    code = {f"src/brainseg/training/{name}.py": content_id for name, content_id in ids.items()}
    return replace(run(**{"src/brainseg/training": md5}), code=code)
