"""Pack trained networks, with all that a new scan needs, into a model file."""

import hashlib
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from safetensors.torch import save

from brainseg.archs.shared.input import InputSettings
from brainseg.core.errors import UserError
from brainseg.core.params import lookup, lookup_name, parse_settings
from brainseg.core.progress import progress
from brainseg.data import preprocessed, weights
from brainseg.data.ensemble import ENSEMBLE, learned_from
from brainseg.data.model_file import SCHEMA, hash_person
from brainseg.data.raw.patients import persons
from brainseg.data.split import evaluation_subset
from brainseg.evaluation.summary import FAILURE_DSC
from brainseg.experiments.find import find
from brainseg.experiments.git import Git
from brainseg.experiments.lock import model_file, person_pattern
from brainseg.experiments.outputs import copy_output
from brainseg.experiments.reader import Experiment
from brainseg.inference import PredictSettings
from brainseg.model.archive import Model, read_model, write_model
from brainseg.model.data_terms import licence_and_citation
from brainseg.model.record import (
    InferenceRecord,
    KnownPersons,
    ModelRecord,
    NetworkRecord,
    ScoreRecord,
    TrainingRecord,
    WarningRecord,
)
from brainseg.model.software import software_versions
from brainseg.model.training_range import Range, features, ranges
from brainseg.postprocessing.final_mask import MaskSettings
from brainseg.preprocessing import PreprocessSettings

WORKSPACE = "workspace"
ONE = "held-out patients, on the grid of their files"
FOLDS = "cross-validation: each patient by a network that it did not train; the ensemble itself was not scored"
SHARED = "the mean over the networks that held a patient out, each alone; the ensemble itself was not scored"
CAUTION = "; weights or settings may have been chosen on validation patients, so the score may be too high"


def pack(patterns: Sequence[str], path: Path, name: str) -> Model:
    """Write the model file of the experiments that match; of the workspace without patterns. Several are an ensemble.

    Raises UserError where they were not trained with the same data, preprocessing and input, or a file is missing.
    """
    experiments = find(Path.cwd(), patterns or [WORKSPACE])
    first = experiments[0]
    _check_alike(experiments)
    inference = parse_settings(PredictSettings, first.params, "predict")
    if inference.networks == str(ENSEMBLE):
        raise UserError(
            f"{first.name}: predict.networks is {ENSEMBLE}; name the experiments whose networks are in it instead"
        )
    with tempfile.TemporaryDirectory() as folder:
        networks, parts, channels = _networks(experiments, Path(folder))
        trained_range = _training_range(first, Path(folder))
    salt = hashlib.sha256(b"".join(parts[network.weights] for network in networks)).hexdigest()
    starts = [_known_to_start(experiment) for experiment in experiments]
    record = ModelRecord(
        schema_version=SCHEMA,
        name=name,
        channels=list(channels),
        networks=networks,
        preprocess=parse_settings(PreprocessSettings, first.params, "preprocess"),
        inference=InferenceRecord(**inference.model_dump(include=set(InferenceRecord.model_fields))),
        mask=_mask_settings(first),
        training=_training(experiments, starts, salt, inference.weights),
        scores=_scores(experiments, inference.weights),
        failure_warning=_failure_warning(experiments, starts),
        training_range=trained_range,
        software=software_versions(),
    )
    return write_model(path, record, parts)


def _check_alike(experiments: Sequence[Experiment]) -> None:
    def decisive(experiment: Experiment) -> dict[str, Any]:
        used = {"predict": lookup(experiment.params, "predict"), "final mask": _mask_settings(experiment).model_dump()}
        return learned_from(experiment.params) | used

    first = decisive(experiments[0])
    for other in experiments[1:]:
        for key, value in decisive(other).items():
            if first.get(key) != value:
                message = f"{key} is {first.get(key)} in {experiments[0].name}, {value} in {other.name}"
                if key == "final mask" and any(_chosen_on_validation(e) for e in (experiments[0], other)):
                    remedy = "set evaluate.threshold and evaluate.components to one value, and run them again"
                    raise UserError(f"{message}: chosen by auto; {remedy}")
                raise UserError(f"{message}; an ensemble needs networks that were trained with the same {key}")


def _networks(
    experiments: Sequence[Experiment], folder: Path
) -> tuple[list[NetworkRecord], dict[str, bytes], tuple[str, ...]]:
    """The records, the parts, and the channels of the data, which are the same for all."""
    records, parts, channels = [], {}, ()
    for number, experiment in enumerate(experiments):
        target = folder / f"weights-{number}"
        copy_output(experiment, str(weights.FOLDER), target)
        file = target / weights.file_name(lookup_name(experiment.params, "predict.weights"))
        weights.read_network(file)  # raises UserError for a damaged file
        content = torch.load(file, map_location="cpu", weights_only=True)
        part = f"weights/{number}.safetensors"
        parts[part] = save({key: value.contiguous() for key, value in content["state"].items()})
        input_settings = InputSettings(**content["input"])
        channels = weights.data_channels(content)
        records.append(
            NetworkRecord(weights=part, arch=content["arch"], settings=content["settings"], input=input_settings)
        )
    return records, parts, channels


def _training(
    experiments: Sequence[Experiment], starts: Sequence[list[KnownPersons]], salt: str, epoch: str
) -> TrainingRecord:
    first = experiments[0]
    data = lookup_name(first.params, "data")
    licence, citation = licence_and_citation(data)
    known: dict[str, set[str]] = {}  # pattern -> patients
    for experiment in experiments:
        known.setdefault(person_pattern(experiment.params), set()).update(_trained_or_chosen(experiment))
    lists = [
        KnownPersons(
            person_pattern=pattern,
            salt=salt,
            hashes=sorted({hash_person(person, salt) for person in persons(patients, pattern).values()}),
        )
        for pattern, patients in known.items()
    ]
    with Git(Path.cwd()) as git:
        commits = sorted({experiment.revision or f"{git.head} and changes" for experiment in experiments})
    return TrainingRecord(
        data=data,
        licence=licence,
        citation=citation,
        commit=", ".join(commits),
        experiments=[experiment.name for experiment in experiments],
        patients=len(set().union(*known.values())),
        known=[*lists, *(known for start in starts for known in start)],
        weights_chosen_by="nothing: the last epoch" if epoch == "last" else "the validation patients: the best epoch",
    )


def _trained_or_chosen(experiment: Experiment) -> list[str]:
    subset = experiment.per_volume.subset
    return list(subset.index[subset.isin(["train", "validation"])])


def _chosen_on_validation(experiment: Experiment) -> bool:
    return experiment.evaluation.get("final_mask", {}).get("chosen_on") == "validation"


def _mask_settings(experiment: Experiment) -> MaskSettings:
    """The settings that `evaluate` used, also where it chose them on the validation patients."""
    used = experiment.evaluation.get("final_mask")
    if used is None:  # an older experiment
        older = lookup(experiment.params, "evaluate")
        components = "largest" if older.get("largest_component", True) else "every"
        used = {"threshold": older["threshold"], "components": components, "least_share": 1.0, "least_voxels": 1}
    return MaskSettings.model_validate(used)


def _known_to_start(experiment: Experiment) -> list[KnownPersons]:
    """Of the model file that training started from; a UserError for one that is not there any more, or another one."""
    start, md5 = model_file(experiment.lock, experiment.params)
    if not md5:
        return []
    path = Path(start)
    if not path.is_file() or hashlib.md5(path.read_bytes()).hexdigest() != md5:
        raise UserError(f"{experiment.name}: train.start_from is {start}; expected that file, unchanged")
    return read_model(path).record.training.known


def _scores(experiments: Sequence[Experiment], epoch: str) -> ScoreRecord | None:
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


def _failure_warning(experiments: Sequence[Experiment], starts: Sequence[list[KnownPersons]]) -> WarningRecord:
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


def _training_range(experiment: Experiment, folder: Path) -> dict[str, Range]:
    """Ranges over the training patients of one experiment; {} where its preprocessed patients are not available."""
    target = folder / "preprocessed"
    try:
        copy_output(experiment, str(preprocessed.FOLDER), target)
    except UserError:
        return {}
    subset = experiment.per_volume.subset
    trained = [name for name in preprocessed.names(target) if subset.get(name) == "train"]
    return ranges(features(preprocessed.read(name, target)) for name in progress(trained, "training range"))
