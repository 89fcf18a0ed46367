"""Raggedness of the outline of a lesion, to score smooth and ragged lesions separately."""

import math

import numpy as np
from contourpy import contour_generator
from scipy import ndimage
from scipy.spatial import ConvexHull

# the eight neighbours in the slice, none in the slices above and below
NEIGHBOURS = np.zeros((3, 3, 3), bool)
NEIGHBOURS[1] = True


def raggedness(mask: np.ndarray) -> float:
    """Length of the contour divided by that of its convex hull, at least 1; for a (S, H, W) bool mask.

    Taken for each 8-connected component of each slice and averaged with their areas in pixels as
    weights. The contour is the line at 0.5 between inside and outside (marching squares), holes
    included; outside the image counts as outside the lesion. A rectangle has 1, and a disc 1.05: the contour turns in
    steps of 45 degrees and its hull does not. nan for an empty mask.
    """
    components, count = ndimage.label(mask, NEIGHBOURS)
    if not count:
        return math.nan
    areas_px = np.bincount(components.ravel())[1:]
    boxes = ndimage.find_objects(components)
    ratios = [_ratio(components[box][0] == number) for number, box in enumerate(boxes, start=1)]
    return float(np.average(ratios, weights=areas_px))


def _ratio(component: np.ndarray) -> float:
    """The ratio for one component, (h, w) bool; not empty."""
    padded = np.pad(component, 1).astype(np.float64)  # so that every line is closed
    lines = contour_generator(z=padded).lines(0.5)  # (points, 2) each, the first point again at the end
    length_px = sum(float(np.linalg.norm(np.diff(line, axis=0), axis=1).sum()) for line in lines)
    return length_px / ConvexHull(np.concatenate(lines)).area  # in two dimensions scipy's area is the length
