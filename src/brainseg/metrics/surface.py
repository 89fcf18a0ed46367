"""Distance of the surface of a prediction from the true one: NSD slice by slice, HD95 and ASSD in three dimensions.

NSD pools the contours of the slices and needs no distance between slices. For HD95, ASSD and the three-dimensional NSD
the surface of a mask are its voxels with a face on a voxel outside; outside the volume counts as outside the mask.
Each distance is that of a surface voxel to the nearest one of the other mask, centre to centre.

Masks are (S, H, W) bool of one shape. `spacing` is the step between voxels along the axes, and distances have its unit:
(slice step, 1, 1) gives pixels of the slice plane, the spacing that a file states gives mm. Policy for
empty masks, after Metrics Reloaded (Maier-Hein et al., Nature Methods 2024): where both are
empty the distance is 0; where only one is, it is the largest in the volume, its diagonal from centre
to centre of the corner voxels. So a missed lesion costs at least as much as any that is found.
"""

import numpy as np

from brainseg.metrics.borders import border, distances
from brainseg.metrics.bounding_box import box_around

PERCENTILE = 95


def surface_dice(
    prediction: np.ndarray, truth: np.ndarray, tolerance: float, spacing: tuple[float, float] = (1.0, 1.0)
) -> float:
    """Normalized surface distance, NSD: of all contour pixels those within tolerance of the other contour.

    The masks are (S, H, W) bool of one shape. Contour pixels are those of a mask with one of the
    four neighbours in their slice outside it; outside the image counts as outside. A pixel counts
    if one on the other mask's contour in the same slice is at most `tolerance` away, in the unit of
    `spacing`, which is that of rows and columns; none does in a slice where the other mask is empty. The
    pixels of both masks and of all slices are pooled: a large slice weighs more, an empty one nothing.
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
    apart = (tolerance + 1, *spacing)
    both = np.concatenate([distances(predicted, true, apart), distances(true, predicted, apart)])
    return float((both <= tolerance).mean())


def surface_dice_3d(
    prediction: np.ndarray, truth: np.ndarray, tolerance: float, spacing: tuple[float, float, float]
) -> float:
    """NSD of the surfaces in three dimensions: of all surface voxels those within tolerance of the other surface.

    Voxels are counted, as in MONAI. Both volumes empty score 1, only one of them empty 0.
    """
    if not prediction.any() or not truth.any():
        return 0.0 if prediction.any() or truth.any() else 1.0
    both = np.concatenate(_directed_distances(prediction, truth, spacing))
    return float((both <= tolerance).mean())


def hd95_and_assd(
    prediction: np.ndarray, truth: np.ndarray, spacing: tuple[float, float, float]
) -> tuple[float, float]:
    """95th percentile and mean of the distances from either surface to the other, all taken together.

    Same as medpy's `hd95` and `assd`, which fail on empty masks: see above. Both are symmetric.
    """
    both = np.concatenate(_directed_distances(prediction, truth, spacing))
    return float(np.percentile(both, PERCENTILE)), float(both.mean())


def hd95_larger(prediction: np.ndarray, truth: np.ndarray, spacing: tuple[float, float, float]) -> float:
    """The larger of the two 95th percentiles, from the prediction to the truth and back.

    The convention of Metrics Reloaded and of MONAI. It is far above that of `hd95_and_assd` where more
    than 5 % of one surface are far off, but less than that of both together.
    """
    directed = _directed_distances(prediction, truth, spacing)
    return max(float(np.percentile(one_way, PERCENTILE)) for one_way in directed)


def _directed_distances(
    prediction: np.ndarray, truth: np.ndarray, spacing: tuple[float, float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """From each surface voxel of the prediction to the truth's surface, and back; float64."""
    box = box_around(prediction, truth)
    predicted, true = (border(mask[box], (0, 1, 2)) for mask in (prediction, truth))
    if not predicted.any() or not true.any():
        diagonal = float(np.linalg.norm((np.array(truth.shape) - 1) * spacing))
        same = np.full(1, diagonal if predicted.any() or true.any() else 0.0)
        return same, same
    return distances(predicted, true, spacing), distances(true, predicted, spacing)
