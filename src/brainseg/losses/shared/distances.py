"""Contours of masks, the distance of each pixel from one, and of one contour from another."""

import numpy as np
import torch
from scipy.ndimage import distance_transform_edt
from scipy.spatial import KDTree
from torch.nn.functional import pad


def distance_to_contour_px(mask: torch.Tensor) -> torch.Tensor:
    """Distance of each pixel to the nearest of the other class, centre to centre: (N, H, W) float32, in pixels.

    mask is (N, H, W) bool. A pixel beside the contour has 1, inside and outside, as in
    Karimi & Salcudean's code. In a slice that is all lesion, or has none, there is no contour: 0.
    """
    if mask.device.type == "cpu":
        return torch.from_numpy(np.stack([_both_sides(one) for one in mask.numpy()]).astype(np.float32))
    distance_px = torch.stack([nearest_px(one) + nearest_px(~one) for one in mask])
    has_contour = mask.any((1, 2)) & ~mask.all((1, 2))
    return torch.where(has_contour[:, None, None], distance_px, 0.0)


def signed_distance_px(mask: torch.Tensor) -> torch.Tensor:
    """Distance to the contour, negative inside: (N, H, W) float32, in pixels of (N, H, W) bool masks.

    The contour lies between two pixels, half a pixel from either's centre, so the values next to it are
    -0.5 and 0.5. 0 everywhere in a slice that is all lesion, or has none.
    """
    distance_px = (distance_to_contour_px(mask) - 0.5).clamp_min(0)
    return torch.where(mask, -distance_px, distance_px)


def nearest_px(mask: torch.Tensor) -> torch.Tensor:
    """Distance of each pixel to the nearest in the mask, both (H, W), on the mask's device.

    No value is read on the host, so there is no GPU synchronization. For an empty mask the result is
    a number larger than any distance. The transform is separable: first along columns, then along rows
    (Felzenszwalb & Huttenlocher, "Distance transforms of sampled functions", 2012, section 3), here
    by comparing all pixels of a line with all others. A slice at a time bounds the memory.
    """
    height, width = mask.shape
    far = float((height + width) ** 2)
    squares = torch.arange(max(height, width), device=mask.device, dtype=torch.float32)
    squares = (squares[:, None] - squares) ** 2  # squares[i, j] = (i - j)**2
    start = torch.where(mask, 0.0, far)
    down = (squares[:height, :height, None] + start[None]).amin(1)  # (H, W)
    return (squares[:width, :width, None] + down.T[None]).amin(1).T.sqrt()


def _both_sides(mask: np.ndarray) -> np.ndarray:
    if mask.all() or not mask.any():
        return np.zeros(mask.shape)
    return distance_transform_edt(mask) + distance_transform_edt(~mask)


def contour(mask: torch.Tensor) -> torch.Tensor:
    """The pixels of (N, H, W) bool masks with an edge on a pixel outside, (N, H, W) bool.

    Outside the image counts as outside the mask.
    """
    padded = pad(mask, (1, 1, 1, 1))
    inner = padded[:, :-2, 1:-1] & padded[:, 2:, 1:-1] & padded[:, 1:-1, :-2] & padded[:, 1:-1, 2:]
    return mask & ~inner


def mean_contour_distance_px(from_mask: torch.Tensor, to_mask: torch.Tensor) -> torch.Tensor:
    """Mean distance of one mask's contour from another's, slice by slice: (N,) float32, in pixels.

    The masks are (N, H, W) bool. The Euclidean distance of each pixel on the contour of
    `from_mask` to the nearest on that of `to_mask`, averaged. 0 where either mask is empty.
    """
    here, there = contour(from_mask), contour(to_mask)
    return (_on_cpu if here.device.type == "cpu" else _on_device)(here, there)


def _on_cpu(here: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
    """Point to point: contours have a few hundred of a slice's many thousand pixels."""
    mean_px = torch.zeros(len(here))
    for number in torch.nonzero(here.any((1, 2)) & there.any((1, 2))).flatten().tolist():
        nearest = KDTree(np.argwhere(there[number].numpy()))
        distance_px, _ = nearest.query(np.argwhere(here[number].numpy()))
        mean_px[number] = float(distance_px.mean())
    return mean_px


def _on_device(here: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
    """The same without reading a value on the host, so without GPU synchronization."""
    mean_px = []
    for slice_here, slice_there in zip(here, there, strict=True):
        total = (nearest_px(slice_there) * slice_here).sum()
        mean_px.append(torch.where(slice_there.any(), total / slice_here.sum().clamp_min(1), 0.0))
    return torch.stack(mean_px)
