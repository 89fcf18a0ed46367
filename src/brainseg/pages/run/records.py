"""The parts of metrics/*.json that the page of a run shows."""

from typing import Any

from pydantic import create_model, model_validator

from brainseg.core.params import StrictSettings
from brainseg.pages.run.metric_help import METRICS, OF_ONE_UNIT


class Record(StrictSettings, extra="ignore"):
    """A block of a JSON file; what else is in it does not matter."""


class Score(Record):
    """mean, median: None where no patient has a value; patients: how many have, where some have none."""

    mean: float | None
    median: float | None
    minimum: float | None = None
    patients: int | None = None


class Warnings(Record):
    nothing_predicted: int
    rank_correlation: float | None
    asked_coverage: float
    coverage: float | None


class _Summary(Record):
    patients: int
    warning_of_failure: Warnings


Summary = create_model(
    "Summary",
    __base__=_Summary,
    **dict.fromkeys(METRICS, (Score, ...)) | dict.fromkeys(OF_ONE_UNIT, (Score | None, None)),
)


class FinalMask(Record):
    threshold: float
    components: str


class Evaluation(Record):
    selected_on: str
    final_mask: FinalMask


class ValidationDsc(Record):
    last_epoch: float
    best_epoch: float


class Training(Record):
    parameters: int
    precision: str
    deterministic: bool
    best_epoch: int
    validation_dsc: ValidationDsc


class Timing(Record):
    device: str
    training_seconds: float
    seconds_per_epoch: float


class Change(Record):
    """dsc: mean over patients; change: its difference from the images as they are."""

    dsc: float
    change: float


class Perturbed(Record):
    """kinds: of change -> strength -> scores."""

    subset: str
    patients: int
    unperturbed: float
    kinds: dict[str, dict[str, Change]]

    @model_validator(mode="before")
    @classmethod
    def _kinds_apart(cls, given: Any) -> Any:
        named = {key: value for key, value in given.items() if key in cls.model_fields}
        return named | {"kinds": {key: value for key, value in given.items() if key not in cls.model_fields}}
