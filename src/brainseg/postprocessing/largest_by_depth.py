"""Keep one lesion, the one that lies inside the brain."""

import numpy as np
from scipy import ndimage


def largest_by_depth(mask: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """The 6-connected component of a (S, H, W) bool mask with the largest sum of depth; of equal ones the first.

    depth: of the mask's shape, the distance of each voxel from the surface of the head, in any unit, 0 outside it.

    A lesion lies inside the brain. Slices at the top of the skull cut scalp and cortex at an angle and are bright. A
    network that takes them for lesion does so on whole slices, so the false component can have more voxels than the
    lesion. Its depth is small everywhere. An empty mask stays empty.
    """
    labels, count = ndimage.label(mask)  # the default structure joins faces only
    if count < 2:
        return mask
    total = np.bincount(labels.ravel(), weights=depth.ravel())
    return labels == 1 + total[1:].argmax()
