"""Where the volumes of a data set lie: what is known of its patients before a voxel is read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Case:
    """A patient: a file a channel, and the file of its labels."""

    name: str
    images: Mapping[str, Path]
    label: Path


@dataclass(frozen=True)
class Cases:
    """channels: of every patient, in the data's order. labels: value -> name where the layout states them; else {}.

    faults: a line each. left_out: what is no part of a patient.
    """

    channels: tuple[str, ...]
    cases: tuple[Case, ...]
    labels: Mapping[int, str] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    left_out: tuple[Path, ...] = ()
