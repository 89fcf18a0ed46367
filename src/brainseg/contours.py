"""Contours of masks, and how far one is from another."""

import numpy as np
import torch
from scipy.spatial import KDTree
from torch.nn.functional import pad

from brainseg.distance_maps import nearest_px


def contour(mask: torch.Tensor) -> torch.Tensor:
    """The pixels of (N, H, W) bool masks with an edge on a pixel outside, (N, H, W) bool.

    What lies beyond the image is outside.
    """
    padded = pad(mask, (1, 1, 1, 1))
    inner = padded[:, :-2, 1:-1] & padded[:, 2:, 1:-1] & padded[:, 1:-1, :-2] & padded[:, 1:-1, 2:]
    return mask & ~inner


def mean_contour_distance_px(from_mask: torch.Tensor, to_mask: torch.Tensor) -> torch.Tensor:
    """How far the contour of one mask is from another's, slice by slice: (N,) float32, in pixels.

    The masks are (N, H, W) bool. The Euclidean distance of each pixel on the contour of
    `from_mask` to the nearest on that of `to_mask`, averaged. 0 where either mask is empty.
    """
    here, there = contour(from_mask), contour(to_mask)
    return (_on_cpu if here.device.type == "cpu" else _on_device)(here, there)


def _on_cpu(here: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
    """From point to point: contours are a few hundred pixels of a slice's many thousands."""
    mean_px = torch.zeros(len(here))
    for number in torch.nonzero(here.any((1, 2)) & there.any((1, 2))).flatten().tolist():
        nearest = KDTree(np.argwhere(there[number].numpy()))
        distance_px, _ = nearest.query(np.argwhere(here[number].numpy()))
        mean_px[number] = float(distance_px.mean())
    return mean_px


def _on_device(here: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
    """The same without a look at the values, so that a GPU's queue never waits."""
    mean_px = []
    for slice_here, slice_there in zip(here, there, strict=True):
        total = (nearest_px(slice_there) * slice_here).sum()
        mean_px.append(torch.where(slice_there.any(), total / slice_here.sum().clamp_min(1), 0.0))
    return torch.stack(mean_px)
