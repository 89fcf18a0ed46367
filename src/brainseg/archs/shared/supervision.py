"""What training asks of a network besides its answer: further heads, and pixels that count more."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch.nn.functional import binary_cross_entropy_with_logits


class Supervised(NamedTuple):
    """What a network in training mode may return in place of its logits (N, 1, H, W).

    heads: logits (N, 1, H, W), each judged by the loss; the last one is the network's answer
    places: (N, K) int64, pixels of the flattened slices whose cross-entropy is added; None for none
    place_weight: of that cross-entropy, the mean over those pixels
    weights: of the heads, summing to 1; None where all count alike
    """

    heads: tuple[torch.Tensor, ...]
    places: torch.Tensor | None = None
    place_weight: float = 0.0
    weights: tuple[float, ...] | None = None


def supervised_loss(
    output: torch.Tensor | Supervised,
    target: torch.Tensor,
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
) -> torch.Tensor:
    """The scalar to minimise: the loss of the logits, or its weighted mean over the heads and what the places add."""
    if isinstance(output, torch.Tensor):
        return loss(output, target)
    losses = torch.stack([loss(head, target) for head in output.heads])
    total = losses.mean() if output.weights is None else losses @ losses.new_tensor(output.weights)
    if output.places is not None:
        number = torch.arange(len(target), device=target.device)[:, None]  # of the slice
        answer, truth = (map_.flatten(1)[number, output.places].float() for map_ in (output.heads[-1], target))
        total = total + output.place_weight * binary_cross_entropy_with_logits(answer, truth)
    return total
