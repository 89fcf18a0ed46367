"""Terms of the training loss besides a network's output: further heads, and pixels with additional weight."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch.nn.functional import binary_cross_entropy_with_logits


class TrainingOutput(NamedTuple):
    """What a network in training mode may return in place of its logits (N, 1, H, W).

    head_logits: (N, 1, H, W) each, inputs of the loss; the last one is the network's output
    extra_pixels: (N, K) int64, pixels of the flattened slices whose cross-entropy is added; None for none
    extra_weight: weight of that cross-entropy, which is the mean over those pixels
    head_weights: weights of the heads, summing to 1; None for equal weights
    """

    head_logits: tuple[torch.Tensor, ...]
    extra_pixels: torch.Tensor | None = None
    extra_weight: float = 0.0
    head_weights: tuple[float, ...] | None = None


def supervised_loss(
    output: torch.Tensor | TrainingOutput,
    target: torch.Tensor,
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
) -> torch.Tensor:
    """The scalar to minimise: the loss of the logits, averaged over the heads, plus the term of the extra pixels."""
    if isinstance(output, torch.Tensor):
        return loss(output, target)
    losses = torch.stack([loss(logits, target) for logits in output.head_logits])
    total = losses.mean() if output.head_weights is None else losses @ losses.new_tensor(output.head_weights)
    if output.extra_pixels is not None:
        number = torch.arange(len(target), device=target.device)[:, None]  # of the slice
        maps = (output.head_logits[-1], target)
        predicted, truth = (map_.flatten(1)[number, output.extra_pixels].float() for map_ in maps)
        total = total + output.extra_weight * binary_cross_entropy_with_logits(predicted, truth)
    return total
