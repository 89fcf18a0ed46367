"""Several networks that answer together, and who trained them."""

import csv
from collections.abc import Mapping
from pathlib import Path

from brainseg.errors import UserError
from brainseg.files import write_csv
from brainseg.splits import members, scored_subset

ENSEMBLE = Path("data/ensemble")
TRAINED_ON = "trained_on.csv"


def write_trained_on(folder: Path, patients_of: Mapping[str, list[str]]) -> None:
    """patients_of: name of a network -> those who trained it, or validated it while it trained."""
    rows = [{"network": name, "patient": patient} for name, patients in patients_of.items() for patient in patients]
    write_csv(folder / TRAINED_ON, rows)


def refuse_known_patients(subset: Mapping[str, str], networks: Path) -> None:
    """Raises UserError if a patient who is to be held out trained a network of the ensemble.

    Each fold of a cross-validation trained on those whom the others held out: all together know everybody.
    Does nothing for a folder without trained_on.csv, whose network learned from data/split.csv itself.
    """
    path = networks / TRAINED_ON
    if not path.exists():
        return
    with path.open(newline="") as file:
        networks_of: dict[str, list[str]] = {}
        for row in csv.DictReader(file):
            networks_of.setdefault(row["patient"], []).append(row["network"])
    held_out = members(dict(subset), scored_subset(subset.values()))
    if known := [patient for patient in held_out if patient in networks_of]:
        raise UserError(
            f"{path}: {len(known)} of {len(held_out)} held-out patients trained a network of the ensemble, "
            f"{known[0]} that of {networks_of[known[0]][0]}; score it on patients new to all, such as the report's ten "
            "after folds with split.set_aside=report"
        )
