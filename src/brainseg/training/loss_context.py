"""What a loss may know of its training, besides a batch and its settings."""

from collections.abc import Callable
from inspect import signature

import torch

FACTS = ("progress", "lesion_share")
Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def informed(loss: Callable[..., torch.Tensor], *, progress: float, lesion_share: float) -> Loss:
    """The loss with those of these facts bound that it names among its keywords.

    progress: of the epochs, 0 in the first and 1 in the last
    lesion_share: of the pixels of all training slices
    """
    facts = {"progress": progress, "lesion_share": lesion_share}
    named = signature(loss).parameters
    known = {name: value for name, value in facts.items() if name in named}
    return lambda logits, target: loss(logits, target, **known)
