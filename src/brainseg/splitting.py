"""The training, validation and test subsets: split by person, never by slice and never by scan."""

import re
from collections.abc import Sequence
from typing import Literal

import numpy as np
from pydantic import Field, field_validator, model_validator

from brainseg.core.errors import UserError, shown
from brainseg.core.params import StrictSettings
from brainseg.data.raw.patients import institutions, persons

# the patients the report validated on: the reference code's choice (its seed 42)
REPORT_VALIDATION = (
    "TCGA_CS_4944_20010208",
    "TCGA_CS_6667_20011105",
    "TCGA_CS_6668_20011025",
    "TCGA_DU_5851_19950428",
    "TCGA_DU_6404_19850629",
    "TCGA_DU_6408_19860521",
    "TCGA_DU_7014_19860618",
    "TCGA_HT_7616_19940813",
    "TCGA_HT_7692_19960724",
    "TCGA_HT_7879_19981009",
)


class SplitSettings(StrictSettings):
    strategy: Literal["random", "report", "kfold"]
    set_aside: Literal["nobody", "report"]
    person_pattern: str
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
        if self.fold >= self.folds:
            raise ValueError(f"fold is {self.fold}; expected 0 to {self.folds - 1} with {self.folds} folds")
        if self.strategy == "report" and self.set_aside == "report":
            raise ValueError("set_aside is report; with strategy report those ten validate, expected nobody")
        if self.strategy == "random" and self.validation + self.test >= 1:
            raise ValueError(f"validation and test are {self.validation} and {self.test}; together below 1, to train")
        return self


def split_patients(patients: Sequence[str], settings: SplitSettings) -> dict[str, str]:
    """The subset of each patient. Raises UserError where a subset that is needed is empty.

    random: the share `test` of all persons is for test, the share `validation` for validation, the rest for training.
    report: the report's ten patients are for validation, all others for training, none for test.
    kfold: fold number `fold` of `folds` is for test, the share `validation` of the others for validation.

    A patient is one scan. All scans of a person are in one subset, whatever the strategy: see `persons`.
    set_aside="report" leaves the report's ten out of random and kfold: they are in no subset, so that choices
    can be made without them. random and kfold are stratified by institution, as far as its number of persons allows.
    """
    rng = np.random.default_rng(settings.seed)
    if "report" in (settings.strategy, settings.set_aside):
        missing = sorted(set(REPORT_VALIDATION) - set(patients))
        if missing:
            key = "strategy" if settings.strategy == "report" else "set_aside"
            raise UserError(f"split.{key} report needs patients that the data lacks: {', '.join(missing)}")
    scans: dict[str, list[str]] = {}
    for patient, person in sorted(persons(patients, settings.person_pattern).items()):
        scans.setdefault(person, []).append(patient)
    scans_of = {first: [first, *others] for first, *others in scans.values()}  # the first scan represents the person
    people = list(scans_of)
    of_report = [scan for scan in people if not set(scans_of[scan]).isdisjoint(REPORT_VALIDATION)]
    if settings.set_aside == "report":
        people = [scan for scan in people if scan not in of_report]

    if settings.strategy == "report":
        validation, test = of_report, []
    elif settings.strategy == "random":
        ordered = _by_institution(people, rng)
        test = _spread(ordered, round(settings.test * len(people)), rng)
        rest = [scan for scan in ordered if scan not in test]
        validation = _spread(rest, max(1, round(settings.validation * len(people))), rng)
    else:
        if settings.folds > len(people):
            raise UserError(f"split.folds is {settings.folds}; there are only {len(people)} persons")
        ordered = _by_institution(people, rng)
        test = ordered[settings.fold :: settings.folds]
        rest = [scan for scan in ordered if scan not in test]
        validation = _spread(rest, max(1, round(settings.validation * len(rest))), rng)

    of_person = dict.fromkeys(people, "train")
    of_person |= dict.fromkeys(validation, "validation") | dict.fromkeys(test, "test")
    if len(people) < 2:
        raise UserError(
            f"split: no person of {len(people)} is left to train; two are needed, one trains, one validates"
        )
    if "train" not in of_person.values():
        raise UserError(f"split: no person of {len(people)} is left to train; lower split.validation or split.test")
    return dict(sorted((scan, subset) for first, subset in of_person.items() for scan in scans_of[first]))


def _by_institution(patients: Sequence[str], rng: np.random.Generator) -> list[str]:
    """Shuffled, then sorted by institution: evenly spaced picks are then stratified."""
    shuffled = rng.permutation(sorted(patients)).tolist()
    of = dict(zip(shuffled, institutions(shuffled), strict=True))
    return sorted(shuffled, key=of.__getitem__)


def _spread(ordered: Sequence[str], count: int, rng: np.random.Generator) -> list[str]:
    """`count` evenly spaced patients, from a random start; an empty list if there are no patients."""
    if not ordered:
        return []
    places = (np.arange(count) + rng.random()) * len(ordered) / max(count, 1)
    return [ordered[int(place)] for place in places]
