"""What the page of a run reads: tables and records that the stages wrote, checked."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from brainseg.core.errors import UserError
from brainseg.core.files import REMEDY, read_json
from brainseg.core.params import StrictSettings, validated
from brainseg.data import paths
from brainseg.data.split import evaluation_subset
from brainseg.data.tables import read_table
from brainseg.pages.run.records import Evaluation, Perturbed, Summary, Timing, Training

SCORES = ("dsc", "nsd", "sensitivity", "precision", "predicted_dsc", "dsc_lower_bound", "lesion_voxels")
LARGEST = 1e100  # of any score or loss
STRENGTHS = ("strong", "medium", "weak")  # the strongest that was computed is shown


@dataclass(frozen=True)
class Tables:
    """Tables of metrics/ and plots/, and records as plain values; those of one subset are of the held-out patients.

    summary: of the held-out patients, as metrics/evaluation.json has it
    strength: of the perturbations that are shown; robustness has no other, perturbed their means
    hd95: the column of the distance, in mm where the spacing is known
    scores_md5: of metrics/per_volume.csv, by which dvc.lock knows this run
    """

    params: Mapping[str, Any]
    subset: str
    history: pd.DataFrame
    per_epoch: pd.DataFrame
    per_volume: pd.DataFrame
    by_threshold: pd.DataFrame
    reliability: pd.DataFrame
    robustness: pd.DataFrame
    strength: str
    perturbed: Mapping[str, Any]
    evaluation: Mapping[str, Any]
    summary: Mapping[str, Any]
    training: Mapping[str, Any]
    timing: Mapping[str, Any]
    scores_md5: str
    hd95: str

    @property
    def held_out(self) -> pd.DataFrame:
        return self.per_volume[self.per_volume.subset == self.subset]


def read_tables(params: Mapping[str, Any]) -> Tables:
    """Raises UserError for a file that is damaged, or that does not fit the others."""
    text = ("patient", "subset", "institution", "size")
    hd95 = "hd95_mm" if "hd95_mm" in read_table(paths.PER_VOLUME) else "hd95_px"
    per_volume = read_table(paths.PER_VOLUME, (*SCORES, hd95), text)
    _refuse_missing(paths.PER_VOLUME, per_volume, ("dsc", "patient", "subset"))
    subset = evaluation_subset(per_volume.subset)
    robustness = read_table(paths.ROBUSTNESS, ("dsc",), ("patient", "kind", "strength"))
    _refuse_missing(paths.ROBUSTNESS, robustness, ("dsc", "patient"))
    strength = next((word for word in STRENGTHS if word in set(robustness.strength)), None)
    if strength is None or "none" not in set(robustness.kind):
        raise UserError(f"{paths.ROBUSTNESS}: lacks the images as they are, or changed ones; {REMEDY}")
    return Tables(
        params=params,
        subset=subset,
        history=_history(),
        per_epoch=_per_epoch(),
        per_volume=per_volume,
        by_threshold=_of(subset, paths.BY_THRESHOLD, ("threshold", "mean_dsc")),
        reliability=_of(subset, paths.RELIABILITY, ("probability", "lesion", "voxels")),
        robustness=robustness[(robustness.kind == "none") | (robustness.strength == strength)],
        strength=strength,
        perturbed=_record(Perturbed, paths.ROBUSTNESS_SUMMARY),
        evaluation=_record(Evaluation, paths.EVALUATION),
        summary=_record(Summary, paths.EVALUATION, subset),
        training=_record(Training, paths.TRAINING),
        timing=_record(Timing, paths.TIMING),
        scores_md5=md5(paths.PER_VOLUME),
        hd95=hd95,
    )


def md5(path: Path) -> str:
    """As DVC takes it of a file."""
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def _record(kind: type[StrictSettings], path: Path, key: str = "") -> dict[str, Any]:
    """The block under the key of a JSON file, or all of it, as plain values; one fault of several is named."""
    content = read_json(path)
    try:
        return validated(kind, content.get(key) if key else content, path, key).model_dump()
    except UserError as error:
        first, *others = str(error).split("\n")
        raise UserError(f"{first}{f', and {len(others)} more faults' if others else ''}; {REMEDY}") from None


def _history() -> pd.DataFrame:
    """Validation is undefined in epochs that were not validated."""
    curves = ("train_loss", "validation_loss", "validation_dsc")
    table = read_table(paths.HISTORY, ("epoch", *curves))
    _refuse_missing(paths.HISTORY, table, ("epoch",))
    _refuse_missing(paths.HISTORY, table.fillna(dict.fromkeys(curves, 0)), curves)
    return table


def _per_epoch() -> pd.DataFrame:
    table = read_table(paths.VALIDATION_PER_EPOCH, ("epoch", "dsc"), ("patient",))
    _refuse_missing(paths.VALIDATION_PER_EPOCH, table, ("epoch", "dsc", "patient"))
    if len(table) != table.epoch.nunique() * table.patient.nunique() or table.duplicated(["epoch", "patient"]).any():
        raise UserError(f"{paths.VALIDATION_PER_EPOCH}: expected each patient once in each epoch; {REMEDY}")
    return table


def _of(subset: str, path: Path, numbers: Sequence[str]) -> pd.DataFrame:
    table = read_table(path, numbers, ("subset",))
    _refuse_missing(path, table, numbers)
    rows = table[table.subset == subset]
    if rows.empty:
        raise UserError(f"{path}: no row of the {subset} patients; `dvc repro` writes it again")
    return rows


def _refuse_missing(path: Path, table: pd.DataFrame, columns: Sequence[str]) -> None:
    for column in columns:
        values = table[column]
        if values.isna().any() or (pd.api.types.is_numeric_dtype(values) and (values.abs() > LARGEST).any()):
            raise UserError(f"{path}: {column} is missing or infinite in a row; {REMEDY}")
