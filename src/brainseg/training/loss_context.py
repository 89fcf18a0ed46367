"""Values of the training that a loss may use, besides a batch and its settings."""

from collections.abc import Callable
from inspect import signature

import torch

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def bind_context(loss: Callable[..., torch.Tensor], *, progress: float, lesion_share: float) -> Loss:
    """The loss with these values bound, where it has a keyword of that name.

    progress: share of the epochs that are done, 0 in the first and 1 in the last
    lesion_share: share of lesion pixels among the pixels of all training slices
    """
    context = {"progress": progress, "lesion_share": lesion_share}
    keywords = signature(loss).parameters
    bound = {name: value for name, value in context.items() if name in keywords}
    return lambda logits, target: loss(logits, target, **bound)
