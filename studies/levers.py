"""What is each lever of training worth? python -m studies.levers KAGGLE_3M [LEVER ...]

Cross-validation inside the 80 patients that the report trained on; the report's ten are in no subset. Of four folds
60 patients train and 20 are scored, with the weights of the last epoch, so nothing is chosen on them. The folds are
the same for every lever, so levers are compared patient by patient. First come the recipes, then one lever at a time
in the recipe UPON, or those that are named, in that order. The first round has folds 0 and 1, the second one 2 and 3.

A row of docs/networks/levers.csv is written after each training, and one a patient of levers_per_patient.csv. Rows
that are there are not run again, so the study can be stopped at any moment. What is preprocessed lies in runs/levers.
OMP_NUM_THREADS sets the threads. `cpu_seconds` are of training; wall seconds say little where others use the machine.
"""

import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import pandas as pd

from brainseg.core.params import read_params
from brainseg.core.progress import print_line
from studies import growing_table
from studies.levers_run import run
from studies.levers_tried import BASE, LEVERS, RECIPES, UPON

TABLE, PER_PATIENT = Path("docs/networks/levers.csv"), Path("docs/networks/levers_per_patient.csv")
PROJECT = Path(__file__).resolve().parent.parent
ROUNDS, SEED = ((0, 1), (2, 3)), 0  # of folds


def main() -> None:
    folder, wanted = Path(sys.argv[1]).resolve(), sys.argv[2:]
    upon = {name: ("", changes) for name, changes in RECIPES.items()}
    upon |= {name: (UPON, RECIPES[UPON] | changes) for name, changes in LEVERS.items()}
    for folds in ROUNDS:
        for name in wanted or upon:
            run_lever(folder, name, *upon[name], folds)


def run_lever(folder: Path, lever: str, upon: str, changes: dict[str, Any], folds: tuple[int, ...]) -> None:
    for fold in folds:
        who = {"lever": lever, "upon": upon, "fold": fold, "seed": SEED}
        if growing_table.find(TABLE, **who):
            continue
        print_line(f"{lever}, fold {fold}")
        here = {"seed": SEED, "split.fold": fold}
        row, patients = run(folder, with_changes(read_params(PROJECT / "params.yaml"), BASE | changes | here))
        growing_table.append(PER_PATIENT, pd.DataFrame([who | patient for patient in patients]))
        settings = " ".join(f"{key}={value}" for key, value in changes.items())
        growing_table.append(TABLE, pd.DataFrame([who | row | {"settings": settings}]))


def with_changes(params: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """A copy with other values under these dotted keys, all of which must be there."""
    changed = deepcopy(params)
    for key, value in changes.items():
        *path, last = key.split(".")
        block = changed
        for word in path:
            block = block[word]
        if last not in block:
            raise KeyError(key)
        block[last] = value
    return changed


if __name__ == "__main__":
    main()
