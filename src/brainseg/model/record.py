"""model.json of a model file: everything about its networks except their weights."""

import re
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from brainseg.archs.shared.input import InputSettings
from brainseg.core.channels import LGG_CHANNELS, check_names
from brainseg.core.errors import shown
from brainseg.core.params import StrictSettings
from brainseg.data.model_file import is_known
from brainseg.model.training_range import Range
from brainseg.postprocessing.final_mask import MaskSettings
from brainseg.preprocessing import PreprocessSettings


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
    prune_to: int = Field(ge=0, le=7)  # as inference.PredictSettings


class KnownPersons(StrictSettings):
    """Persons whom a network was trained or validated on, as salted hashes; see data/model_file.hash_person.

    person_pattern: what made persons of patients' names; see split.person_pattern in params.yaml.
    """

    person_pattern: str
    salt: str
    hashes: list[str]

    @field_validator("person_pattern")
    @classmethod
    def _has_a_group(cls, pattern: str) -> str:
        try:
            groups = re.compile(pattern).groups
        except (re.error, OverflowError, RecursionError):
            groups = 0
        if pattern != "auto" and not groups:
            raise ValueError(
                f"{shown(pattern)}; expected auto, or a regular expression whose first group is the person"
            )
        return pattern

    def has(self, patient: str, *patterns: str) -> bool:
        """Whether the patient's person is among these, by the pattern of this list or any other given."""
        return is_known(patient, self.salt, self.hashes, (self.person_pattern, *patterns))


class TrainingRecord(StrictSettings):
    """What the networks were trained on. known: of these networks first, then of the model that they started from."""

    data: str
    licence: str
    citation: str
    commit: str
    experiments: list[str]
    patients: int = Field(ge=0)
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
    hd95_mm_median: float | None = None  # in place of that in pixels, where the spacing is known


class WarningRecord(StrictSettings):
    """Certainty and DSC of the validation patients, without names: the failure warning's line is fitted on them."""

    certainty: list[float]
    dsc: list[float]

    @model_validator(mode="after")
    def _of_the_same_patients(self) -> "WarningRecord":
        if len(self.certainty) != len(self.dsc):
            raise ValueError(f"certainty has {len(self.certainty)} values and dsc {len(self.dsc)}; expected as many")
        return self


class ModelRecord(StrictSettings):
    """channels: of a scan, in order; preprocessing uses them all, each network those of its input."""

    schema_version: int
    name: str
    channels: list[str] = Field(default=list(LGG_CHANNELS))  # older files have those of the LGG set and state none
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

    @model_validator(mode="after")
    def _channels_are_there(self) -> "ModelRecord":
        check_names(self.channels)
        for network in self.networks:
            if missing := [name for name in network.input.channels if name not in self.channels]:
                raise ValueError(f"a network needs the channel {missing[0]}; channels are {', '.join(self.channels)}")
        return self

    def knows(self, patient: str) -> bool:
        """Whether this patient's person is among those that the networks were trained or validated on."""
        return any(known.has(patient) for known in self.training.known)
