"""model.json of a model file: everything about its networks except their weights."""

from typing import Any, Literal

from pydantic import Field

from brainseg.archs.shared.input import InputSettings
from brainseg.core.params import StrictSettings
from brainseg.data.model_file import hash_person
from brainseg.data.raw.patients import persons
from brainseg.model.training_range import Range
from brainseg.postprocessing.final_mask import MaskSettings
from brainseg.preprocessing import PreprocessSettings

SCHEMA = 1  # a reader refuses a later one


class NetworkRecord(StrictSettings):
    """One network; weights and onnx are paths inside the model file."""

    weights: str
    arch: str
    settings: dict[str, Any]
    input: InputSettings
    onnx: str | None = None


class InferenceRecord(StrictSettings):
    """The settings of `predict` that belong to the networks; see params.yaml."""

    flips: bool
    precision: Literal["auto", "bf16", "fp32"]
    heads: Literal["last", "mean"]
    prune_to: int = Field(ge=0)


class KnownPersons(StrictSettings):
    """Persons whom a network was trained or validated on, as salted hashes; see data/model_file.hash_person."""

    salt: str
    hashes: list[str]


class TrainingRecord(StrictSettings):
    """What the networks were trained on. known: of these networks first, then of the model that they started from."""

    data: str
    licence: str
    citation: str
    commit: str
    experiments: list[str]
    patients: int = Field(ge=0)
    person_pattern: str
    known: list[KnownPersons]
    weights_chosen_by: str


class ScoreRecord(StrictSettings):
    """Scores of the held-out patients; means of an undefined score are None."""

    protocol: str
    subset: Literal["validation", "test"]
    patients: int = Field(ge=1)
    dsc_mean: float
    dsc_median: float
    dsc_minimum: float
    failures: int
    nsd_mean: float | None
    hd95_px_median: float | None


class WarningRecord(StrictSettings):
    """Certainty and DSC of the validation patients, without names: the failure warning's line is fitted on them."""

    certainty: list[float]
    dsc: list[float]


class ModelRecord(StrictSettings):
    schema_version: int
    name: str
    networks: list[NetworkRecord] = Field(min_length=1)
    preprocess: PreprocessSettings
    inference: InferenceRecord
    mask: MaskSettings
    training: TrainingRecord
    scores: ScoreRecord | None
    failure_warning: WarningRecord
    training_range: dict[str, Range]  # feature -> its range over the training patients; empty where not measured
    software: dict[str, str]
    sha256: dict[str, str] = Field(default_factory=dict)  # part -> its digest, filled when the file is written
    onnx_difference: float | None = None  # largest difference of a probability between ONNX and PyTorch

    def knows(self, patient: str) -> bool:
        """Whether this patient's person is among those that the networks were trained or validated on."""
        person = persons([patient], self.training.person_pattern)[patient]
        return any(hash_person(person, known.salt) in known.hashes for known in self.training.known)
