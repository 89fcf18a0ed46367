"""Terms that several losses share. All compute in float32, also under autocast.

logits and target are (N, 1, H, W). reduce="batch" counts over the whole batch and gives scalars,
"sample" counts slice by slice and gives (N,).
"""

import torch
from torch.nn.functional import binary_cross_entropy_with_logits, logsigmoid

from brainseg.losses.shared.distances import distance_to_contour_px, signed_distance_px


def soft_counts(
    logits: torch.Tensor, target: torch.Tensor, reduce: str
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Pixels of the intersection, of the prediction and of the target, float32.

    logits and target are (N, 1, H, W). reduce="batch" counts over the whole batch and gives
    scalars, "sample" counts slice by slice and gives (N,).
    """
    axes = (0, 1, 2, 3) if reduce == "batch" else (1, 2, 3)
    with torch.autocast(logits.device.type, enabled=False):  # sums over pixels need float32
        probability, target = logits.float().sigmoid(), target.float()
        return (probability * target).sum(axes), probability.sum(axes), target.sum(axes)


def dice_coefficient(logits: torch.Tensor, target: torch.Tensor, smooth: float, reduce: str) -> torch.Tensor:
    """(2 sum(p y) + s) / (sum(p) + sum(y) + s); 1 where target and prediction are empty."""
    intersection, predicted, true = soft_counts(logits, target, reduce)
    return (2 * intersection + smooth) / (predicted + true + smooth)


def tversky_index(
    logits: torch.Tensor, target: torch.Tensor, fn_weight: float, fp_weight: float, smooth: float, reduce: str
) -> torch.Tensor:
    """(TP + s) / (TP + a FN + b FP + s); 1 where target and prediction are empty."""
    intersection, predicted, true = soft_counts(logits, target, reduce)
    missed, added = true - intersection, predicted - intersection
    return (intersection + smooth) / (intersection + fn_weight * missed + fp_weight * added + smooth)


def weighted_cross_entropy(
    logits: torch.Tensor, target: torch.Tensor, lesion_weight: float, background_weight: float
) -> torch.Tensor:
    """-mean(a y log p + b (1 - y) log(1 - p)) over all pixels."""
    with torch.autocast(logits.device.type, enabled=False):
        logits, target = logits.float(), target.float()
        pixel_weight = lesion_weight * target + background_weight * (1 - target)
        return binary_cross_entropy_with_logits(logits, target, weight=pixel_weight)


def focal_cross_entropy(logits: torch.Tensor, target: torch.Tensor, alpha: float, gamma: float) -> torch.Tensor:
    """-mean(a_t (1 - p_t)**gamma log p_t) over all pixels; a_t is alpha on lesion, 1 - alpha elsewhere."""
    with torch.autocast(logits.device.type, enabled=False):
        logits, target = logits.float(), target.float()
        towards_truth = torch.where(target > 0.5, logits, -logits)  # p_t is its sigmoid
        pixel_weight = alpha * target + (1 - alpha) * (1 - target)
        return -(pixel_weight * (-towards_truth).sigmoid() ** gamma * logsigmoid(towards_truth)).mean()


def boundary_term(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """mean(phi p), phi the signed distance to the target's contour, in pixels, negative inside."""
    with torch.autocast(logits.device.type, enabled=False):
        signed_px = signed_distance_px(target[:, 0] > 0.5)
        return (signed_px * logits.float().sigmoid()[:, 0]).mean()


def hausdorff_term(logits: torch.Tensor, target: torch.Tensor, alpha: float, distances: str) -> torch.Tensor:
    """mean((y - p)**2 (d_y**alpha + d_p**alpha)), d the distance to a contour over the slice's diagonal.

    d_p is of the mask p > 0.5 and a constant for the gradient; with distances="truth" it is left out.
    """
    with torch.autocast(logits.device.type, enabled=False):
        logits, target = logits.float(), target.float()
        height, width = target.shape[2:]
        masks = [target[:, 0] > 0.5] if distances == "truth" else [target[:, 0] > 0.5, logits.detach()[:, 0] > 0]
        diagonal_px = (height**2 + width**2) ** 0.5
        distance = sum((distance_to_contour_px(mask) / diagonal_px) ** alpha for mask in masks)
        return ((target - logits.sigmoid())[:, 0] ** 2 * distance).mean()
