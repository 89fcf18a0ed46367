"""How much of the robustness stage is computed."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field, field_validator

from brainseg.core.params import StrictSettings

Strength = Literal["weak", "medium", "strong"]  # in this order in the table and in the figure


class RobustnessSettings(StrictSettings):
    strengths: list[Strength] = Field(min_length=1)
    patients: int = Field(ge=0, le=1_000_000)  # at most; 0: all

    @field_validator("strengths")
    @classmethod
    def _named_once(cls, strengths: list[Strength]) -> list[Strength]:
        if len(set(strengths)) < len(strengths):
            raise ValueError(f"{', '.join(strengths)} names a strength twice; expected each once")
        return strengths


def evenly_spaced(names: Sequence[str], count: int) -> list[str]:
    """At most `count` of the names, evenly spaced among all in their order; all of them for 0."""
    count = min(count or len(names), len(names))
    return [names[place * len(names) // count] for place in range(count)]
