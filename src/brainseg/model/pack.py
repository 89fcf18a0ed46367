"""Pack trained networks, with all that a new scan needs, into a model file."""

import hashlib
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save

from brainseg.archs.shared.input import InputSettings
from brainseg.core.errors import UserError
from brainseg.core.params import lookup, lookup_name, parse_settings
from brainseg.core.progress import progress
from brainseg.data import preprocessed, weights
from brainseg.data.ensemble import ENSEMBLE, learned_from
from brainseg.data.model_file import SCHEMA
from brainseg.experiments.find import find
from brainseg.experiments.outputs import copy_output
from brainseg.experiments.reader import Experiment
from brainseg.inference import PredictSettings
from brainseg.model.archive import Model, write_model
from brainseg.model.record import (
    InferenceRecord,
    ModelRecord,
    NetworkRecord,
)
from brainseg.model.score_record import score_record, warning_record
from brainseg.model.software import software_versions
from brainseg.model.training_range import Range, features, ranges
from brainseg.model.training_record import known_to_start, training_record
from brainseg.postprocessing.final_mask import MaskSettings
from brainseg.preprocessing import PreprocessSettings

WORKSPACE = "workspace"
FLOAT16_MAX = torch.finfo(torch.float16).max


def pack(patterns: Sequence[str], path: Path, name: str, half: bool = False) -> Model:
    """Write the model file of the experiments that match; of the workspace without patterns. Several are an ensemble.

    half: store the weights as float16, in half the bytes; they are computed with in single precision all the same
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
        networks, parts, channels = _networks(experiments, Path(folder), half)
        trained_range = _training_range(first, Path(folder))
    salt = hashlib.sha256(b"".join(parts[network.weights] for network in networks)).hexdigest()
    starts = [known_to_start(experiment) for experiment in experiments]
    record = ModelRecord(
        schema_version=SCHEMA,
        name=name,
        channels=list(channels),
        networks=networks,
        preprocess=parse_settings(PreprocessSettings, first.params, "preprocess"),
        inference=InferenceRecord(**inference.model_dump(include=set(InferenceRecord.model_fields))),
        mask=_mask_settings(first),
        training=training_record(experiments, starts, salt, inference.weights),
        scores=score_record(experiments, inference.weights),
        failure_warning=warning_record(experiments, starts),
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
    experiments: Sequence[Experiment], folder: Path, half: bool
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
        state = _half(content["state"], experiment.name) if half else content["state"]
        parts[part] = save({key: value.contiguous() for key, value in state.items()})
        input_settings = InputSettings(**content["input"])
        channels = weights.data_channels(content)
        records.append(
            NetworkRecord(weights=part, arch=content["arch"], settings=content["settings"], input=input_settings)
        )
    return records, parts, channels


def _half(state: dict[str, torch.Tensor], name: str) -> dict[str, torch.Tensor]:
    """The weights as float16; whole numbers, such as a batch norm's count of batches, are unchanged."""
    halved = {key: value.half() if value.is_floating_point() else value for key, value in state.items()}
    for key, value in halved.items():
        if not value.isfinite().all():
            raise UserError(
                f"{name}: {key} has a value beyond {FLOAT16_MAX:.0f}, the limit of float16; pack without --half"
            )
    return halved


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
