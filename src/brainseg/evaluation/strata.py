"""Traits of a patient: size of the lesion, raggedness of its edge, institution, missing sequences.

They come only from the truth and the image, so scores can be grouped by them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from brainseg.data.raw.patients import institutions
from brainseg.metrics.raggedness import raggedness

SIZES = ("small", "medium", "large")
EDGES = ("smooth", "medium", "ragged")
STRATA = {"size": SIZES, "edge": EDGES}  # column -> its words, in order


@dataclass(frozen=True)
class Traits:
    """raggedness is nan without lesion; equal_channels: none where all differ, 1=2 where these two are the same.

    Channels are counted from 1 in the data's order. Two groups of equal ones are 1=2 3=4.

    In the LGG set FLAIR, channel 2, replaces a missing sequence: 1=2 lacks the pre-contrast image, 2=3
    the one after contrast, 1=2=3 both.
    """

    raggedness: float
    equal_channels: str


def traits(image: np.ndarray, truth: np.ndarray) -> Traits:
    """Traits of a patient with image (S, H, W, C) and truth (S, H, W) bool."""
    return Traits(raggedness(truth), _equal_channels(image))


def _equal_channels(image: np.ndarray) -> str:
    groups: list[list[int]] = []
    for channel in range(image.shape[3]):
        same = (group for group in groups if np.array_equal(image[..., group[0]], image[..., channel]))
        group = next(same, None)
        if group is None:
            groups.append([channel])
        else:
            group.append(channel)
    return " ".join("=".join(str(place + 1) for place in group) for group in groups if len(group) > 1) or "none"


def terciles(values: Sequence[float]) -> tuple[float, float]:
    """The bounds that divide the defined values into three parts; nan without values."""
    defined = np.asarray(values, float)[~np.isnan(values)]
    low, high = np.quantile(defined, [1 / 3, 2 / 3]) if len(defined) else (np.nan, np.nan)
    return float(low), float(high)


def stratum(value: float, bounds: tuple[float, float], words: Sequence[str]) -> str:
    """The word for a value: up to the lower bound, up to the higher, or above; "" where undefined."""
    if np.isnan(value) or np.isnan(bounds[0]):
        return ""
    return words[int(value > bounds[0]) + int(value > bounds[1])]


def size_column(per_volume: pd.DataFrame) -> str:
    """The column of a lesion's size: in ml where the spacing is known."""
    return "lesion_ml" if "lesion_ml" in per_volume else "lesion_voxels"


def with_strata(per_volume: pd.DataFrame) -> pd.DataFrame:
    """Add the columns institution, and size (of the lesion) and edge by terciles of the training patients.

    "" where a patient has no lesion, or the names contain no institutions.
    """
    training = per_volume[per_volume.subset == "train"]
    volume = per_volume[size_column(per_volume)]
    volume = volume.where(volume > 0)  # without lesion there is no size
    sizes, edges = terciles(volume[training.index]), terciles(training.raggedness)
    return per_volume.assign(
        institution=institutions(per_volume.patient),
        size=[stratum(value, sizes, SIZES) for value in volume],
        edge=[stratum(value, edges, EDGES) for value in per_volume.raggedness],
    )
