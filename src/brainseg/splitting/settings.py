"""The block `split` of params.yaml."""

import re
from typing import Literal

from pydantic import Field, field_validator, model_validator

from brainseg.core.errors import shown
from brainseg.core.params import StrictSettings


class SplitSettings(StrictSettings):
    strategy: Literal["random", "report", "kfold", "leave_one_institution_out", "file"]
    file: str = Field(min_length=1)  # a CSV file, for strategy file; a folder for the others
    set_aside: Literal["nobody", "report"]
    person_pattern: str
    stratify: Literal["institution", "size", "institution_and_size"]
    seed: int = Field(ge=0, le=2**32 - 1)
    validation: float = Field(gt=0, lt=1)
    test: float = Field(ge=0, lt=1)
    folds: int = Field(ge=2, le=10_000)
    fold: int = Field(ge=0, le=10_000)

    @field_validator("person_pattern")
    @classmethod
    def _has_a_group(cls, pattern: str) -> str:
        try:
            groups = re.compile(pattern).groups
        except re.error as error:
            raise ValueError(f"{shown(pattern)}; expected auto, or a regular expression ({error})") from None
        if pattern != "auto" and not groups:
            raise ValueError(
                f"{shown(pattern)} has no group; expected auto, or a regular expression whose first group is the person"
            )
        return pattern

    @model_validator(mode="after")
    def _fit_together(self) -> "SplitSettings":
        if self.fold >= self.folds and self.strategy != "leave_one_institution_out":
            raise ValueError(f"fold is {self.fold}; expected 0 to {self.folds - 1} with {self.folds} folds")
        if self.strategy == "report" and self.set_aside == "report":
            raise ValueError("set_aside is report; with strategy report those ten validate, expected nobody")
        if self.strategy == "random" and self.validation + self.test >= 1:
            raise ValueError(f"validation and test are {self.validation} and {self.test}; together below 1, to train")
        return self
