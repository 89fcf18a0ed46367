"""Where the head is in an image, and how deep inside it a voxel lies."""

import numpy as np
from scipy.ndimage import binary_fill_holes, distance_transform_edt

from brainseg.data.preprocessed import FULL_SCALE, Preprocessed

SIGNAL = 0.1  # of the full scale, in preprocessed intensities: resizing leaves ripples outside the head
COARSE_PX = 64  # a depth in hundredths of the side needs no finer grid


def head_mask(foreground: np.ndarray) -> np.ndarray:
    """(S, n, n) bool, the voxels of the head, of (S, n, n, C) bool, where a channel has signal.

    Holes are filled slice by slice: air in the sinuses and dark cavities belong to the head.
    """
    return np.stack([binary_fill_holes(slice_.any(axis=-1)) for slice_ in foreground])


def head_depth(patient: Preprocessed) -> np.ndarray:
    """(S, H, W) uint8, the distance of each voxel from the surface of the head, in hundredths of the square's side.

    On the grid of the patient's files; 0 outside the head. The distance is three-dimensional. What is beyond the first
    and the last slice counts as outside, so slices at the top of the skull have a small depth everywhere. It is
    measured on a grid of at most COARSE_PX pixels a side, so it is exact to about two hundredths. Without signal it
    is 0.
    """
    side_px = patient.image.shape[1]
    step = -(-side_px // COARSE_PX)
    head = head_mask(patient.image[:, ::step, ::step] > SIGNAL * FULL_SCALE)
    coarse_px = head.shape[1]
    sampling = (patient.geometry.slice_step_px(coarse_px), 1, 1)
    depth_px = distance_transform_edt(np.pad(head, 1), sampling=sampling)[1:-1, 1:-1, 1:-1]
    return np.rint(patient.geometry.to_file(100 / coarse_px * depth_px)).clip(0, 255).astype(np.uint8)
