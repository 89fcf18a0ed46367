"""Share of the contours that agree, the boundary measure that needs no slice distance."""

import numpy as np

from brainseg.borders import border, distances
from brainseg.boxes import box_around


def surface_dice(prediction: np.ndarray, truth: np.ndarray, tolerance_px: float) -> float:
    """Normalized surface distance, NSD: of all contour pixels those within tolerance of the other contour.

    The masks are (S, H, W) bool of one shape. Contour pixels are those of a mask with one of the
    four neighbours in their slice outside it; what lies beyond the image is outside. A pixel counts
    if one on the other mask's contour in the same slice is at most `tolerance_px` away, in
    pixels; none does in a slice where the other mask is empty. The pixels of both masks and of
    all slices are pooled: a large slice weighs more, an empty one nothing.
    Both volumes empty score 1, only one of them empty 0.

    After Nikolov et al., "Clinically applicable segmentation of head and neck anatomy for
    radiotherapy", 2021, arXiv 1809.04430, with pixels counted instead of lengths, as in Seidlitz
    et al., arXiv 2111.05408, and MONAI.
    """
    box = box_around(prediction, truth)
    predicted, true = (border(mask[box], (1, 2)) for mask in (prediction, truth))
    if not predicted.any() or not true.any():
        return 0.0 if predicted.any() or true.any() else 1.0
    # slices so far apart that what lies within tolerance is always of the same slice
    spacing_px = (tolerance_px + 1, 1, 1)
    distances_px = np.concatenate([distances(predicted, true, spacing_px), distances(true, predicted, spacing_px)])
    return float((distances_px <= tolerance_px).mean())
