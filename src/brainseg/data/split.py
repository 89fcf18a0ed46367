"""data/split.csv: the subset that each patient is in."""

from collections.abc import Iterable
from pathlib import Path

from brainseg.core.errors import UserError, shown
from brainseg.core.files import REMEDY, read_csv, write_csv

PATH = Path("data/split.csv")
SUBSETS = ("train", "validation", "test")


def write(subset: dict[str, str], path: Path = PATH) -> None:
    write_csv(path, [{"patient": patient, "subset": name} for patient, name in subset.items()])


def read(path: Path = PATH) -> dict[str, str]:
    """The subset of each patient. Raises UserError for a damaged file, a patient in two subsets, an unknown subset."""
    subset: dict[str, str] = {}
    for row in read_csv(path, ("patient", "subset")):
        patient, name = row["patient"], row["subset"]
        if name not in SUBSETS:
            raise UserError(
                f"{path}: {shown(patient)[1:-1]} is in {shown(name)}; expected one of: {', '.join(SUBSETS)}"
            )
        if patient in subset:
            raise UserError(f"{path}: {shown(patient)[1:-1]} is listed twice; a patient is in one subset")
        subset[patient] = name
    if not subset:
        raise UserError(f"{path}: lists no patient; {REMEDY}")
    return subset


def evaluation_subset(subsets: Iterable[str]) -> str:
    """The subset that is scored: test, or validation where the test subset is empty."""
    return "test" if "test" in set(subsets) else "validation"


def patients_in(subset: dict[str, str], name: str) -> list[str]:
    return [patient for patient, its_subset in subset.items() if its_subset == name]
