"""The strata of judged patients."""

from collections.abc import Mapping
from math import nan

import pandas as pd

from brainseg.data.raw import patients
from brainseg.evaluation.strata import size_column, with_strata
from brainseg.metrics.raggedness import raggedness
from brainseg.parallel import parallel_map

STRATA = ["institution", "size", "edge"]


def with_strata_of_all(per_volume: pd.DataFrame, subset: Mapping[str, str]) -> pd.DataFrame:
    """per_volume with institution, size and edge, whose bounds come from all training patients, judged or not.

    per_volume: a row a judged patient; subset: patient -> its subset, of every patient of the split
    The lesions of training patients that were not judged are measured in their raw masks.
    """
    others = [name for name, its_subset in subset.items() if name not in set(per_volume.patient)]
    training = [name for name in others if subset[name] == "train"]
    measured = dict(zip(training, parallel_map(_size_and_edge, training, "measuring lesions"), strict=True))
    size = size_column(per_volume)
    rows = [
        {"patient": name, "subset": subset[name], size: lesion, "raggedness": edge}
        for name in others
        for lesion, edge in [measured.get(name, (0, nan))]
    ]
    columns = ["patient", "subset", size, "raggedness"]
    every = pd.concat([per_volume[columns], pd.DataFrame(rows, columns=columns)], ignore_index=True)
    found = with_strata(every.astype({size: float, "raggedness": float}))[STRATA].iloc[: len(per_volume)]
    return per_volume.join(found)


def _size_and_edge(name: str) -> tuple[float, float]:
    folder = patients.FOLDER / name
    return patients.lesion_size(folder), raggedness(patients.read_mask(folder))
