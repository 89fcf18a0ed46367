"""Lesion pixels counted with probabilities: what overlap losses are made of."""

import torch


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
