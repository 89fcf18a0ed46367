"""The average of a network's weights over its last steps, often better than the weights themselves.

Polyak & Juditsky, "Acceleration of stochastic approximation by averaging", 1992; as an exponential
moving average in Tarvainen & Valpola, "Mean teachers", NeurIPS 2017, section 2 (arXiv 1703.01780).
"""

from collections.abc import Sequence

import torch
from torch.optim.swa_utils import AveragedModel


def averaged(network: torch.nn.Module, decay: float) -> AveragedModel:
    """A second network, `.module`, with the averaged weights; call `update_parameters(network)` after each step.

    The first update copies the weights. In update n (the first is 0) each number x of the average becomes
    d x + (1 - d) y, where y is the network's number and d the smaller of `decay` and (1 + n) / (10 + n). The small d
    at the start limits the influence of the random initial weights. The statistics of batch norm are averaged too.
    """

    @torch.no_grad()
    def update(average: Sequence[torch.Tensor], current: Sequence[torch.Tensor], _: torch.Tensor) -> None:
        count = int(ema.n_averaged)  # on the CPU; reading the count on the device would wait for it
        weight = 1 - min(decay, (1 + count) / (10 + count))
        for x, y in zip(average, current, strict=True):
            if x.is_floating_point():
                x.lerp_(y, weight)
            else:  # batch norm's count of batches
                x.copy_(y)

    ema = AveragedModel(network, multi_avg_fn=update, use_buffers=True).requires_grad_(False)
    return ema
