"""Channels whose intensities are unlike those of the other patients."""

from collections import Counter
from collections.abc import Mapping

import numpy as np

from brainseg.audit.findings import Finding
from brainseg.audit.likeness.head import Heads

FEWEST = 8  # patients; of fewer it is not known what is usual
PERCENTILES = np.arange(5, 100, 10)
BRIGHT = 99.0  # percentile of a channel's voxels above its darkest value
FAR_OUT = 3.0  # quartile distances above the upper quartile: Tukey, Exploratory Data Analysis, 1977
LEAST_DISTANCE = 0.15  # of the channel's range: patients of one scanner can be very alike


def intensities(image: np.ndarray, heads: Heads) -> np.ndarray:
    """(C, PERCENTILES) of each channel of an image (S, H, W, C) within the head.

    A channel's darkest value is 0, its bright end 1. nan for a channel of one value. Slices in which a channel has one
    value do not count.
    """
    thinned = image[:, :: heads.step, :: heads.step]
    curves = np.full((image.shape[3], len(PERCENTILES)), np.nan)
    for channel, curve in enumerate(curves):
        values = thinned[..., channel]
        varies = values.min(axis=(1, 2)) < values.max(axis=(1, 2))
        within = values[varies][heads.inside[varies]].astype(float)
        if not len(within):
            continue
        dark = float(values[varies].min())
        bright = np.percentile(values[varies][values[varies] > dark], BRIGHT)
        curve[:] = np.percentile((within - dark) / (bright - dark), PERCENTILES)
    return curves


def contrast_findings(curves: Mapping[str, np.ndarray]) -> list[Finding]:
    """Channels whose intensities are far from the usual ones; curves: as `intensities` gives them.

    Of patients with another number of channels than most nothing is said.
    """
    if not curves:
        return []
    [(usual, _)] = Counter(len(curve) for curve in curves.values()).most_common(1)
    names = [name for name, curve in curves.items() if len(curve) == usual]
    if len(names) < FEWEST:
        return []
    found = []
    for channel in range(usual):
        of_channel = np.array([curves[name][channel] for name in names])  # (patients, PERCENTILES)
        known = ~np.isnan(of_channel).any(axis=1)
        if known.sum() < FEWEST:
            continue
        distance = np.abs(of_channel - np.median(of_channel[known], axis=0)).mean(axis=1)
        low, high = np.quantile(distance[known], [0.25, 0.75])
        limit = max(float(high + FAR_OUT * (high - low)), LEAST_DISTANCE)
        for place in np.flatnonzero(known & (distance > limit)):
            what = f"channel {channel + 1}: {distance[place]:.2f} from the usual, at most {limit:.2f} is expected"
            value = float(distance[place])
            found.append(
                Finding("contrast unlike the others", names[place], channel=channel + 1, value=value, what=what)
            )
    return found
