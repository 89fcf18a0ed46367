"""The average of a network's weights over its last steps, often better than the weights themselves.

Polyak & Juditsky, "Acceleration of stochastic approximation by averaging", 1992; as an exponential
moving average in Tarvainen & Valpola, "Mean teachers", NeurIPS 2017, section 2 (arXiv 1703.01780).
"""

from copy import deepcopy

import torch


class MovingAverage:
    """A second network that follows the first; its batch-norm statistics are averaged as its weights are.

    After step n (the first is 0) each number x of the average moves to d x + (1 - d) y, with y
    the network's and d the smaller of `decay` and (1 + n) / (10 + n): the random start is soon forgotten.
    """

    def __init__(self, network: torch.nn.Module, decay: float) -> None:
        self.network = deepcopy(network).requires_grad_(False)
        self.decay = decay

    @torch.no_grad()
    def update(self, network: torch.nn.Module, step: int) -> None:
        weight = 1 - min(self.decay, (1 + step) / (10 + step))
        current = network.state_dict()
        for name, average in self.network.state_dict().items():
            if average.is_floating_point():
                average.lerp_(current[name], weight)
            else:  # batch norm's count of batches
                average.copy_(current[name])
