"""Tables of a data set: its institutions, and the sizes of its lesions by subset."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from brainseg.data.raw.patients import institutions
from brainseg.data.split import SUBSETS

QUANTILES = {"smallest": 0.0, "quarter": 0.25, "median": 0.5, "three quarters": 0.75, "largest": 1.0}


@dataclass(frozen=True)
class Counts:
    """Of one patient."""

    slices: int
    lesion_voxels: int


def institution_table(
    counts: Mapping[str, Counts], person_of: Mapping[str, str], subset: Mapping[str, str]
) -> pd.DataFrame:
    """A row for each institution, by name; one row "all" where names contain none. subset may be empty."""
    names = list(counts)
    places = institutions(names)
    rows = []
    for place in sorted(set(places)):
        inside = [name for name, its_place in zip(names, places, strict=True) if its_place == place]
        lesions = [counts[name].lesion_voxels for name in inside]
        row: dict[str, object] = {
            "institution": place or "all",
            "patients": len(inside),
            "persons": len({person_of[name] for name in inside}),
            "slices": sum(counts[name].slices for name in inside),
            "median lesion, voxels": _quantile(lesions, 0.5),
        }
        rows.append(row | {name: sum(subset.get(patient) == name for patient in inside) for name in _used(subset)})
    return pd.DataFrame(rows)


def size_table(counts: Mapping[str, Counts], subset: Mapping[str, str]) -> pd.DataFrame:
    """The lesions' sizes in voxels: a row for each subset with patients, and one for all. Empty masks are counted."""
    rows = []
    for name in [*_used(subset), "all"]:
        lesions = [found.lesion_voxels for patient, found in counts.items() if name in ("all", subset.get(patient))]
        sizes = {word: _quantile(lesions, share) for word, share in QUANTILES.items()}
        rows.append({"subset": name, "patients": len(lesions), "without lesion": lesions.count(0), **sizes})
    return pd.DataFrame(rows)


def _used(subset: Mapping[str, str]) -> list[str]:
    return [name for name in SUBSETS if name in subset.values()]


def _quantile(lesions: Sequence[int], share: float) -> int | None:
    """Of the lesions that there are; None where there is none."""
    present = [lesion for lesion in lesions if lesion]
    return round(float(np.quantile(present, share))) if present else None
