"""An experiment's settings, records and tables, from git and DVC's cache."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from brainseg.core.errors import UserError, shown
from brainseg.core.files import LONGEST_LIST
from brainseg.experiments import yaml12
from brainseg.experiments.code_files import code_files
from brainseg.experiments.dvc_cache import cache_folder, fetch, md5_of
from brainseg.experiments.git import Git
from brainseg.experiments.lock import check, files, malformed
from brainseg.experiments.names import WORKSPACE
from brainseg.experiments.remedy import how_to_get

PER_VOLUME = ("evaluate", "metrics/per_volume.csv", ("patient", "subset", "dsc"))
HISTORY = ("train", "plots/history.csv", ("epoch", "train_loss", "validation_loss", "validation_dsc"))
PER_EPOCH = ("train", "metrics/validation_per_epoch.csv", ("epoch", "patient", "dsc"))


@dataclass(frozen=True)
class EvaluatedRun:
    """An evaluated run: its revision, its lock and the scores of its patients."""

    name: str  # as in DVC: an experiment, branch or tag, a short sha, or "workspace"
    revision: str  # full sha; "" for the workspace
    lock: dict[str, Any]  # the stages of dvc.lock
    per_volume: pd.DataFrame  # metrics/per_volume.csv, indexed by patient


@dataclass(frozen=True)
class Experiment(EvaluatedRun):
    """All data of an experiment that a comparison needs."""

    params: dict[str, Any]  # params.yaml
    evaluation: dict[str, Any]  # metrics/*.json
    training: dict[str, Any]
    timing: dict[str, Any]
    history: pd.DataFrame  # plots/history.csv, one row per epoch
    validation_per_epoch: pd.DataFrame  # metrics/validation_per_epoch.csv, one row per epoch and patient
    code: dict[str, str] = field(default_factory=dict)  # path of each file of src/ and stages/ -> git's id of it
    judged: dict[str, Any] = field(default_factory=dict)  # judged.json of masks that others made; empty for our own


class Reader:
    """Reads the files of revisions of a repository, or for "" of the workspace."""

    def __init__(self, folder: Path, git: Git) -> None:
        self.folder, self.git, self.cache = folder, git, cache_folder(folder)

    def experiment(self, name: str, revision: str) -> Experiment:
        lock = self.lock(name, revision)
        params = self._yaml(name, revision, "params.yaml")
        check(name, lock, params)
        return Experiment(
            name=name,
            revision=revision,
            lock=lock,
            per_volume=self.per_volume(name, revision, lock),
            params=params,
            evaluation=self._json(name, revision, lock, "evaluate", "metrics/evaluation.json"),
            training=self._json(name, revision, lock, "train", "metrics/training.json"),
            timing=self._json(name, revision, lock, "train", "metrics/timing.json"),
            history=self._table(name, revision, lock, *HISTORY),
            validation_per_epoch=self._table(name, revision, lock, *PER_EPOCH),
            code=code_files(self.folder, revision),
        )

    def lock(self, name: str, revision: str) -> dict[str, Any]:
        stages = self._yaml(name, revision, "dvc.lock").get("stages")
        if not isinstance(stages, dict):
            raise UserError(f"{name}: dvc.lock has no stages; expected the one that DVC 3 writes")
        if wrong := malformed(stages):
            raise UserError(f"{name}: dvc.lock: stage {shown(wrong)} is malformed; expected what DVC 3 writes")
        return stages

    def per_volume(self, name: str, revision: str, lock: dict[str, Any]) -> pd.DataFrame:
        table = self._table(name, revision, lock, *PER_VOLUME).set_index("patient")
        if table.index.has_duplicates:
            twice = table.index[table.index.duplicated()][0]
            raise UserError(f"{name}: {PER_VOLUME[1]}: {shown(twice)} is listed twice; expected each patient once")
        if table.empty or not set(table.subset) <= {"train", "validation", "test"}:
            raise UserError(f"{name}: {PER_VOLUME[1]}: expected patients of train, validation and test")
        return table

    def _tracked(self, name: str, revision: str, path: str) -> bytes:
        in_workspace = self.folder / path
        if revision:
            content = self.git.read(revision, path)
        else:
            content = in_workspace.read_bytes() if in_workspace.is_file() else None
        if content is None:
            todo = "`dvc repro` writes it" + (", and `git add` keeps it" if name != WORKSPACE else "")
            raise UserError(f"{name}: no {path}; {todo}")
        return content

    def _yaml(self, name: str, revision: str, path: str) -> dict[str, Any]:
        content = self._parsed(name, path, yaml12.parse, self._tracked(name, revision, path))
        if not isinstance(content, dict):
            raise UserError(f"{name}: {path}: expected keys and values, found {type(content).__name__}")
        return content

    def _json(self, name: str, revision: str, lock: dict[str, Any], stage: str, path: str) -> dict[str, Any]:
        content = self._tracked(name, revision, path)
        if md5_of(content) != files(lock, stage, "outs").get(path):
            raise UserError(f"{name}: {path} is not what {stage} wrote; `dvc checkout` or `dvc repro` mends that")
        content = self._parsed(name, path, json.loads, content)
        if not isinstance(content, dict):
            raise UserError(f"{name}: {path}: expected keys and values, found {type(content).__name__}")
        return content

    def _table(
        self, name: str, revision: str, lock: dict[str, Any], stage: str, path: str, needed: Sequence[str]
    ) -> pd.DataFrame:
        md5 = files(lock, stage, "outs").get(path)
        if not md5:
            raise UserError(f"{name}: stage {stage} did not write {path}; run it again (`dvc repro`), or leave it out")
        content = fetch(self.cache, md5, self.folder / path)
        if content is None:
            raise UserError(f"{name}: {path} is not in DVC's cache; {how_to_get(self.folder, revision)}")
        table = self._parsed(name, path, read_table, content)
        if missing := [column for column in needed if column not in table]:
            raise UserError(f"{name}: {path} lacks the columns {', '.join(missing)}; it has {', '.join(table)}")
        validated = _validated(table) if path == HISTORY[1] else None
        for column in needed:
            if column not in ("patient", "subset"):
                _refuse_missing(name, path, table, column, validated)
        if {"epoch", "patient"} <= {*needed} and len(table) != table.epoch.nunique() * table.patient.nunique():
            raise UserError(f"{name}: {path}: expected each patient once in each epoch")
        return table

    def _parsed(self, name: str, path: str, parse: Callable[[bytes], Any], content: bytes) -> Any:
        try:
            return parse(content)
        except (ValueError, RecursionError, TypeError) as error:  # of JSON, CSV, YAML and UTF-8 all
            raise UserError(f"{name}: {path}: {' '.join(str(error).split())[:LONGEST_LIST]}") from None


def _validated(history: pd.DataFrame) -> np.ndarray:
    """(epochs,) bool: with train.validate_every other epochs have no validation figures; the last one always has."""
    figures = history[[column for column in history if column.startswith("validation_")]]
    found = figures.notna().any(axis=1).to_numpy(copy=True)
    found[-1:] = True
    return found


def _refuse_missing(
    name: str, path: str, table: pd.DataFrame, column: str, validated: np.ndarray | None = None
) -> None:
    """Raises UserError where a number is missing: it would spread to every mean."""
    numbers = pd.to_numeric(table[column], errors="coerce")
    missing = ~np.isfinite(numbers.to_numpy(float))
    if validated is not None and column.startswith("validation_"):
        missing &= validated
    if missing.any():
        row = table[missing].astype(object).iloc[0]  # Python's own numbers, not NumPy's
        who = f" of {shown(row.patient)}" if "patient" in table else f" in epoch {shown(row.epoch)}"
        raise UserError(f"{name}: {path}: {column}{who} is {shown(row[column])}; expected a number; run it again")
    table[column] = numbers


def read_table(content: bytes) -> pd.DataFrame:
    """A table of metrics/; names of patients stay text, scores have full precision."""
    header = content.partition(b"\n")[0].decode().strip().split(",")
    undefined = {column: ["", "nan"] for column in header if column != "patient"}  # a patient may be named NA, or 007
    return pd.read_csv(
        BytesIO(content),
        dtype={"patient": str},
        keep_default_na=False,
        na_values=undefined,
        float_precision="round_trip",  # scores are read with full precision
    )
