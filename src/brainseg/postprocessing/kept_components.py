"""Keep several lesions: the 6-connected components that are large enough, by probability or by number of voxels."""

import numpy as np
from scipy import ndimage


def components_by_share(mask: np.ndarray, probability: np.ndarray, least_share: float) -> np.ndarray:
    """The components of a (S, H, W) bool mask with at least this share of the largest component's mass.

    A component's mass is the sum of the probability over it, of the mask's shape and in any unit. The component with
    the largest mass always stays. An empty mask stays empty.
    """
    labels, count = ndimage.label(mask)  # the default structure joins faces only
    if count < 2:
        return mask
    mass = np.bincount(labels.ravel(), weights=probability.ravel())[1:]  # of label 1, 2, ...
    return _with_labels(labels, mass >= least_share * mass.max())


def components_by_size(mask: np.ndarray, least_voxels: int) -> np.ndarray:
    """The components of a (S, H, W) bool mask with at least this many voxels; there may be none."""
    labels, _ = ndimage.label(mask)
    return _with_labels(labels, np.bincount(labels.ravel())[1:] >= least_voxels)


def _with_labels(labels: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Where the label is 1 + a place of `kept` that is True; label 0 is background."""
    return np.append(False, kept)[labels]
