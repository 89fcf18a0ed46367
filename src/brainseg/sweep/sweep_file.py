"""A file of experiments/: many experiments with the same base, as named rows, a grid, or random draws."""

import math
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from brainseg.core.errors import shown
from brainseg.core.params import StrictSettings, read_params, validated


def _value(given: Any) -> Any:
    """What params.yaml has at the end of a dotted key."""
    for one in given if isinstance(given, list) else [given]:
        if not isinstance(one, bool | int | float | str) or (isinstance(one, float) and not math.isfinite(one)):
            raise PydanticCustomError("no value", "a number, a word, true, false, or a list of these")
    return given


LARGEST = 1e15  # of a range; above it not every whole number is a float
Value = Annotated[Any, AfterValidator(_value)]
Values = Annotated[list[Value], Field(min_length=1)]
Changes = dict[str, Value]  # dotted key of params.yaml -> value


def _number(given: Any) -> Any:
    """One fault and not two: a union of int and float would report one for each."""
    if isinstance(given, bool) or not isinstance(given, int | float) or not abs(given) <= LARGEST:
        raise PydanticCustomError("no number", f"a number from -{LARGEST:g} to {LARGEST:g}")
    return given


Number = Annotated[Any, AfterValidator(_number)]


class Range(StrictSettings):
    """Numbers to draw from; integers where both ends are integers."""

    low: Number
    high: Number
    scale: Literal["linear", "log"] = "linear"

    @model_validator(mode="after")
    def _in_order(self) -> "Range":
        if self.low >= self.high:
            raise ValueError(f"low is {self.low}, high is {self.high}; expected low below high")
        if self.scale == "log" and self.low <= 0:
            raise ValueError(f"low is {self.low}; a log scale begins above 0")
        return self


class RandomSearch(StrictSettings):
    """count draws; a key of `ranges` has a Range, or a list of values to choose from."""

    count: int = Field(ge=1, le=10_000)
    seed: int = Field(ge=0, le=2**32 - 1)
    ranges: dict[str, Any] = Field(min_length=1)  # each made a Range or a list by read_sweep


class SweepFile(StrictSettings):
    """A sweep. Its experiments are each row with each grid point and each random draw, all applied to the base."""

    base: Changes = Field(default_factory=dict)
    rows: dict[str, Changes] = Field(default_factory=dict)
    grid: dict[str, Values] = Field(default_factory=dict)
    random: RandomSearch | None = None
    # the last stage to run. train: a search is judged by validation patients, and needs no test scores; evaluate: no
    # pictures, and no scores of perturbed images
    until: Literal["train", "evaluate"] | None = None

    @model_validator(mode="after")
    def _each_key_once(self) -> "SweepFile":
        if not self.rows and not self.grid and not self.random:
            raise ValueError("nothing to run; expected rows, grid or random")
        varied = {"grid": list(self.grid), "random": list(self.random.ranges) if self.random else []}
        for name, row in self.rows.items():
            varied[f"rows.{name}"] = list(row)
        for place, keys in varied.items():
            for other in ("grid", "random"):
                if place != other and (both := set(keys) & set(varied[other])):
                    raise ValueError(f"{min(both)} is in {place} and in {other}; expected in one of them")
        for key, values in self.grid.items():
            if twice := [value for number, value in enumerate(values) if value in values[:number]]:
                raise ValueError(f"grid.{key} lists {shown(twice[0])} twice")
        return self


class Choices(StrictSettings):
    choices: Values


def read_sweep(path: Path) -> SweepFile:
    """Raises UserError, a line for each fault."""
    sweep = validated(SweepFile, read_params(path), path)
    if not sweep.random:
        return sweep
    ranges = {key: _source(value, path, f"random.ranges.{key}") for key, value in sweep.random.ranges.items()}
    return sweep.model_copy(update={"random": sweep.random.model_copy(update={"ranges": ranges})})


def _source(given: Any, path: Path, key: str) -> Range | list[Any]:
    """Choose the type by hand. A pydantic union would report a fault once for each of its members."""
    if isinstance(given, list):
        return validated(Choices, {"choices": given}, path, key).choices
    return validated(Range, given, path, key)
