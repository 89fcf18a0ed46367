"""Clearly poor regions of a segmented slice, found from its error map."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage


@dataclass(frozen=True)
class Circle:
    """A circle around a poor region, in pixels of the slice: row, column, radius."""

    row: float
    column: float
    radius_px: float


THICKNESS_PX = 3
SHARE = 0.05


def poor_regions(prediction: np.ndarray, truth: np.ndarray) -> list[Circle]:
    """Circles around the clearly poor regions of a slice, largest first.

    prediction and truth are (H, W) bool. An edge that is off by a pixel or two is a thin line
    of errors and does not count: a region counts if it survives an opening by a square of
    THICKNESS_PX and is at least SHARE of the lesion, true or predicted. A lesion that is completely
    missed, or falsely predicted, counts however small it is.
    """
    opened = ndimage.binary_opening(prediction ^ truth, np.ones((THICKNESS_PX, THICKNESS_PX)))
    labels, _ = ndimage.label(opened, np.ones((3, 3)))
    areas = np.bincount(labels.ravel())
    poor = (labels > 0) & (areas >= SHARE * (prediction | truth).sum())[labels]
    for mask, other in ((truth, prediction), (prediction, truth)):
        labels, _ = ndimage.label(mask, np.ones((3, 3)))
        untouched = np.setdiff1d(np.unique(labels), np.unique(labels[other]))
        poor |= np.isin(labels, untouched[untouched > 0])
    labels, count = ndimage.label(poor, np.ones((3, 3)))
    places = [np.argwhere(labels == number) for number in range(1, count + 1)]
    return [_around(place) for place in sorted(places, key=len, reverse=True)]


def _around(place: np.ndarray) -> Circle:
    centre = (place.min(axis=0) + place.max(axis=0)) / 2
    radius = np.sqrt(((place - centre) ** 2).sum(axis=1)).max()
    return Circle(float(centre[0]), float(centre[1]), float(radius) + 2.5)  # a small margin
