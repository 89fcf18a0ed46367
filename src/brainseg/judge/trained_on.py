"""The patients that trained the network whose masks are judged, as its makers list them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from brainseg.core.errors import UserError
from brainseg.core.files import read_csv
from brainseg.data import split
from brainseg.data.raw import patients


def read_trained_on(path: Path | None, subset: Mapping[str, str], pattern: str) -> dict[str, Any] | None:
    """The file and how many patients it lists; None without a file.

    path: a CSV file with a column patient; subset: patient -> its subset; pattern: `split.person_pattern`
    Raises UserError if the file is missing, or if it lists a scan of a held-out person.
    """
    if path is None:
        return None
    if not path.is_file():
        raise UserError(f"--trained-on is {path}; expected a CSV file with a column patient")
    trained = [row["patient"] for row in read_csv(path, ("patient",))]
    people = set(patients.persons(trained, pattern).values())
    held_out = split.patients_in(dict(subset), split.evaluation_subset(subset.values()))
    if known := [name for name, person in patients.persons(held_out, pattern).items() if person in people]:
        raise UserError(
            f"{path}: {len(known)} of {len(held_out)} held-out patients, {known[0]} among them, trained the network; "
            "judge it on others"
        )
    return {"file": str(path), "patients": len(set(trained))}
