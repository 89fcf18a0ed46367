"""The table of docs/results/networks.md, from docs/networks/levers.csv: python -m studies.levers_table

Each lever beside the recipe that it was changed in, and each recipe beside `base`, over the patients of the folds that
both have. With several seeds a patient's DSC is their mean.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from brainseg.compare.stats.bootstrap import mean_interval
from studies.levers import PER_PATIENT, TABLE

BASE = "base"
COLUMNS = (
    "changed",
    "beside",
    "folds",
    "patients",
    "mean DSC",
    "median DSC",
    "failures",
    "difference [95 % interval]",
    "training, min",
)


def main() -> None:
    print(table(TABLE, PER_PATIENT))


def table(rows: Path, per_patient: Path) -> str:
    """A Markdown table in the order of the rows."""
    runs, patients = (pd.read_csv(path, keep_default_na=False) for path in (rows, per_patient))
    lines = [" | ".join(COLUMNS), " | ".join(["---"] * len(COLUMNS))]
    for (lever, upon), of_lever in runs.groupby(["lever", "upon"], sort=False):
        mine = scores(patients, lever, upon)
        beside = upon or (BASE if lever != BASE else "")
        reference = scores(patients, beside, "")
        both = mine.index.intersection(reference.index)
        difference = (mine[both] - reference[both]).to_numpy()
        cells = [
            lever,
            beside,
            ", ".join(str(fold) for fold in sorted(set(of_lever.fold))),
            str(len(mine)),
            f"{mine.mean():.3f}",
            f"{mine.median():.3f}",
            str(of_lever.failures.sum()),
            with_interval(difference) if len(both) else "",
            f"{of_lever.seconds.mean() / 60:.1f} ({', '.join(sorted(set(of_lever.precision)))})",
        ]
        lines.append(" | ".join(cells))
    return "\n".join(f"| {line} |" for line in lines)


def scores(patients: pd.DataFrame, lever: str, upon: str) -> pd.Series:
    """The DSC of each fold's patients."""
    found = patients[(patients.lever == lever) & (patients.upon == upon)]
    return found.groupby(["fold", "patient"]).dsc.mean()


def with_interval(difference: np.ndarray) -> str:
    low, high = mean_interval(difference)
    return f"{difference.mean():+.3f} [{low:+.3f}, {high:+.3f}] ({len(difference)})"


if __name__ == "__main__":
    main()
