"""The part of a volume that masks occupy. A lesion is small, and voxels far from it cost time."""

import numpy as np


def box_around(*masks: np.ndarray, margin_px: tuple[int, ...] | None = None) -> tuple[slice, ...]:
    """The smallest box that contains every voxel of every mask, as one Python slice per axis.

    The masks are bool of one shape. `margin_px` widens the box along each axis, within the volume.
    Empty masks give an empty box. A ValueError where shapes differ.
    """
    shape = masks[0].shape
    if any(mask.shape != shape for mask in masks):
        raise ValueError(f"masks are {', '.join(str(mask.shape) for mask in masks)}; expected one shape")
    together = np.logical_or.reduce(masks) if len(masks) > 1 else masks[0]
    box = []
    for axis, length in enumerate(shape):
        others = tuple(other for other in range(len(shape)) if other != axis)
        occupied = np.flatnonzero(together.any(others))
        if not len(occupied):
            return (slice(0, 0),) * len(shape)
        margin = margin_px[axis] if margin_px else 0
        box.append(slice(max(int(occupied[0]) - margin, 0), min(int(occupied[-1]) + 1 + margin, length)))
    return tuple(box)
