"""The scores of the networks of a model file, and its warning of failure, as its record."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from brainseg.data.split import evaluation_subset
from brainseg.evaluation.summary import FAILURE_DSC
from brainseg.experiments.lock import person_pattern
from brainseg.experiments.reader import Experiment
from brainseg.model.record import KnownPersons, ScoreRecord, WarningRecord

ONE = "held-out patients, on the grid of their files"
FOLDS = "cross-validation: each patient by a network that it did not train; the ensemble itself was not scored"
SHARED = "the mean over the networks that held a patient out, each alone; the ensemble itself was not scored"
CAUTION = "; weights or settings may have been chosen on validation patients, so the score may be too high"


def score_record(experiments: Sequence[Experiment], epoch: str) -> ScoreRecord | None:
    """The scores of the held-out patients, each the mean over the networks that held it out; None without any."""
    per_volume = pd.concat([experiment.per_volume.reset_index() for experiment in experiments])
    subset = evaluation_subset(per_volume.subset)
    scored = per_volume[per_volume.subset == subset]
    if scored.empty:
        return None
    several = SHARED if scored.patient.duplicated().any() else FOLDS
    protocol = several if len(experiments) > 1 else ONE
    rows = scored.groupby("patient").mean(numeric_only=True)
    return ScoreRecord(
        # a final mask chosen on validation patients is too good for these alone
        protocol=protocol + CAUTION * (subset == "validation" or epoch == "best"),
        subset=subset,
        patients=len(rows),
        dsc_mean=float(rows.dsc.mean()),
        dsc_median=float(rows.dsc.median()),
        dsc_minimum=float(rows.dsc.min()),
        failures=int((rows.dsc < FAILURE_DSC).sum()),
        nsd_mean=_or_none(rows.get("nsd", pd.Series(dtype=float)).mean()),
        hd95_px_median=_or_none(rows.get("hd95_px", pd.Series(dtype=float)).median()),
        hd95_mm_median=_or_none(rows.get("hd95_mm", pd.Series(dtype=float)).median()),
    )


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def warning_record(experiments: Sequence[Experiment], starts: Sequence[list[KnownPersons]]) -> WarningRecord:
    """Validation patients with a prediction, sorted by certainty, so that their order does not tell who they are.

    Those whom the model that training started from knows are left out: their DSC is higher than that of new patients.
    """
    tables = []
    for experiment, start in zip(experiments, starts, strict=True):
        table, pattern = experiment.per_volume, person_pattern(experiment.params)
        tables.append(table[[not any(known.has(name, pattern) for known in start) for name in table.index]])
    per_volume = pd.concat(tables)
    if not {"certainty", "predicted_voxels"} <= set(per_volume):
        return WarningRecord(certainty=[], dsc=[])
    rows = per_volume[(per_volume.subset == "validation") & (per_volume.predicted_voxels > 0)]
    rows = rows.sort_values(["certainty", "dsc"])
    return WarningRecord(certainty=rows.certainty.tolist(), dsc=rows.dsc.tolist())
