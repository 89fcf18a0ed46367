"""Which subset each patient is in: data/split.csv."""

import csv
from collections.abc import Iterable
from pathlib import Path

from brainseg.core.errors import UserError
from brainseg.core.files import write_csv

SUBSETS = ("train", "validation", "test")


def write_split(path: Path, subset: dict[str, str]) -> None:
    write_csv(path, [{"patient": patient, "subset": name} for patient, name in subset.items()])


def read_split(path: Path) -> dict[str, str]:
    """The subset of each patient; a UserError for a patient in two, or an unknown subset."""
    subset: dict[str, str] = {}
    with path.open(newline="") as file:
        rows = csv.DictReader(file)
        if not {"patient", "subset"} <= set(rows.fieldnames or ()):
            raise UserError(f"{path}: begins with {rows.fieldnames}; expected the columns patient and subset")
        for row in rows:
            patient, name = row["patient"], row["subset"]
            if name not in SUBSETS:
                raise UserError(f"{path}: {patient} is in {name!r}; expected one of: {', '.join(SUBSETS)}")
            if patient in subset:
                raise UserError(f"{path}: {patient} is listed twice; a patient is in one subset")
            subset[patient] = name
    return subset


def scored_subset(subsets: Iterable[str]) -> str:
    """Of the words that patients have: test, or validation where nobody tests."""
    return "test" if "test" in set(subsets) else "validation"


def members(subset: dict[str, str], name: str) -> list[str]:
    return [patient for patient, given in subset.items() if given == name]
