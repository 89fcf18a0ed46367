"""Random picks of patients, stratified by institution or by size of the lesion."""

from collections.abc import Mapping, Sequence

import numpy as np

from brainseg.data.raw.patients import institutions


def in_strata(
    patients: Sequence[str], stratify: str, lesion_size: Mapping[str, float], rng: np.random.Generator
) -> list[str]:
    """Shuffled, then sorted by institution or size of the lesion: evenly spaced picks are then stratified."""
    shuffled = rng.permutation(sorted(patients)).tolist()
    nothing = [""] * len(shuffled)
    of = nothing if stratify == "size" else institutions(shuffled)
    sizes = nothing if stratify == "institution" else _terciles([lesion_size[scan] for scan in shuffled])
    stratum = dict(zip(shuffled, zip(of, sizes, strict=True), strict=True))
    return sorted(shuffled, key=stratum.__getitem__)


def _terciles(lesion_size: Sequence[float]) -> list[int]:
    """1 to 3, a third of the patients with a lesion each; 0 without lesion."""
    sizes = np.array(lesion_size)
    bounds = np.quantile(sizes[sizes > 0], [1 / 3, 2 / 3]) if (sizes > 0).any() else [0, 0]
    return np.where(sizes > 0, 1 + np.searchsorted(bounds, sizes), 0).tolist()


def spread(ordered: Sequence[str], count: int, rng: np.random.Generator) -> list[str]:
    """`count` evenly spaced patients, from a random start; an empty list if there are no patients."""
    if not ordered:
        return []
    places = (np.arange(count) + rng.random()) * len(ordered) / max(count, 1)
    return [ordered[int(place)] for place in places]
