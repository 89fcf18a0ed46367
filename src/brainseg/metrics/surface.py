"""Distance of the surface of a prediction from the true one: NSD slice by slice, HD95 and ASSD in three dimensions.

NSD pools the contours of the slices and needs no distance between slices. For HD95 and ASSD the surface of a mask
are its voxels with a face on a voxel outside; outside the volume counts as outside the mask. Each distance is
that of a surface voxel to the nearest one of the other mask, centre to centre.

Masks are (S, H, W) bool of one shape; `spacing_px` is the step between voxels along the three axes,
(slice step, 1, 1) for distances in pixels of the slice plane, or a file's spacing for mm. Policy for
empty masks, after Metrics Reloaded (Maier-Hein et al., Nature Methods 2024): where both are
empty the distance is 0; where only one is, it is the largest in the volume, its diagonal from centre
to centre of the corner voxels. So a missed lesion costs at least as much as any that is found.
"""

import numpy as np

from brainseg.metrics.borders import border, distances
from brainseg.metrics.bounding_box import box_around

PERCENTILE = 95


def surface_dice(prediction: np.ndarray, truth: np.ndarray, tolerance_px: float) -> float:
    """Normalized surface distance, NSD: of all contour pixels those within tolerance of the other contour.

    The masks are (S, H, W) bool of one shape. Contour pixels are those of a mask with one of the
    four neighbours in their slice outside it; outside the image counts as outside. A pixel counts
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
    # slices so far apart that pixels within tolerance are always of the same slice
    spacing_px = (tolerance_px + 1, 1, 1)
    distances_px = np.concatenate([distances(predicted, true, spacing_px), distances(true, predicted, spacing_px)])
    return float((distances_px <= tolerance_px).mean())


def hd95_and_assd(
    prediction: np.ndarray, truth: np.ndarray, spacing_px: tuple[float, float, float]
) -> tuple[float, float]:
    """95th percentile and mean of the distances from either surface to the other, all taken together.

    Same as medpy's `hd95` and `assd`, which fail on empty masks: see above. Both are symmetric.
    """
    distances_px = np.concatenate(_directed_distances(prediction, truth, spacing_px))
    return float(np.percentile(distances_px, PERCENTILE)), float(distances_px.mean())


def hd95_larger(prediction: np.ndarray, truth: np.ndarray, spacing_px: tuple[float, float, float]) -> float:
    """The larger of the two 95th percentiles, from the prediction to the truth and back.

    The convention of Metrics Reloaded and of MONAI. It is far above that of `hd95_and_assd` where more
    than 5 % of one surface are far off, but less than that of both together.
    """
    directed = _directed_distances(prediction, truth, spacing_px)
    return max(float(np.percentile(distances_px, PERCENTILE)) for distances_px in directed)


def _directed_distances(
    prediction: np.ndarray, truth: np.ndarray, spacing_px: tuple[float, float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """From each surface voxel of the prediction to the truth's surface, and back; float64."""
    box = box_around(prediction, truth)
    predicted, true = (border(mask[box], (0, 1, 2)) for mask in (prediction, truth))
    if not predicted.any() or not true.any():
        diagonal_px = float(np.linalg.norm((np.array(truth.shape) - 1) * spacing_px))
        same = np.full(1, diagonal_px if predicted.any() or true.any() else 0.0)
        return same, same
    return distances(predicted, true, spacing_px), distances(true, predicted, spacing_px)
