"""Which patients the viewer shows, and in which order: worst, median and best first."""

from collections.abc import Mapping

import pandas as pd

from brainseg.data.split import SUBSETS, evaluation_subset

FIRST = "Look first"


def shown_patients(per_volume: pd.DataFrame, most: int) -> dict[str, list[tuple[str, str]]]:
    """Heading -> (patient, label), at most so many patients in all, or every one for 0.

    Worst, median and best held-out patient, then the other held-out ones from the worst to the best, then those of
    the other subsets. A patient is shown once.
    """
    held_out = evaluation_subset(per_volume.subset)
    ordered = per_volume.sort_values(["dsc", "patient"])
    dsc = dict(zip(ordered.patient, ordered.dsc, strict=True))
    names = {subset: ordered[ordered.subset == subset].patient.tolist() for subset in (held_out, *reversed(SUBSETS))}
    first = _landmarks(names[held_out])
    groups = {FIRST: [(name, f"{word}: {name}, DSC {dsc[name]:.3f}") for name, word in first.items()]}
    for subset, patients in names.items():
        label = f"{subset.capitalize()} patients, worst first"
        groups[label] = [(name, f"{name}, DSC {dsc[name]:.3f}") for name in patients if name not in first]
    return _at_most(groups, most)


def _landmarks(worst_first: list[str]) -> Mapping[str, str]:
    """patient -> word, each patient once: of one patient there is only the worst."""
    places = {len(worst_first) - 1: "best", (len(worst_first) - 1) // 2: "median", 0: "worst"}
    return {worst_first[place]: places[place] for place in sorted(places)}


def _at_most(groups: Mapping[str, list[tuple[str, str]]], most: int) -> dict[str, list[tuple[str, str]]]:
    left, found = most or sum(map(len, groups.values())), {}
    for heading, patients in groups.items():
        if patients[:left]:
            found[heading] = patients[:left]
        left = max(0, left - len(patients))
    return found
