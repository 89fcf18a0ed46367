"""Batch norm over the whole batch of several processes.

torch.nn.SyncBatchNorm does so on GPUs and refuses to run on a CPU. This one runs on both, so that the tests on CPUs
are of the code that runs on GPUs.
"""

import torch
from torch import nn


class SynchronisedBatchNorm(nn.BatchNorm2d):
    """As BatchNorm2d in one process that has the whole batch. Every process has the same number of slices."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # (N, C, H, W)
        if not self.training:
            return super().forward(x)
        with torch.autocast(x.device.type, enabled=False):
            values = x.float()
            mean = _mean_over_processes(values.mean((0, 2, 3)))  # (C,)
            centred = values - mean[:, None, None]
            variance = _mean_over_processes(centred.square().mean((0, 2, 3)))
            self._update(mean.detach(), variance.detach(), values.numel() // values.shape[1])
            scale = self.weight * torch.rsqrt(variance + self.eps)
            normalised = centred * scale[:, None, None] + self.bias[:, None, None]
        return normalised.to(x.dtype)

    @torch.no_grad()
    def _update(self, mean: torch.Tensor, variance: torch.Tensor, pixels: int) -> None:
        """The running statistics, with the unbiased variance, as in BatchNorm2d."""
        pixels *= torch.distributed.get_world_size()
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance * pixels / (pixels - 1), self.momentum)
        self.num_batches_tracked += 1


def synchronised(network: nn.Module) -> nn.Module:
    """The network with the batch norms inside it replaced; parameters and buffers stay the same objects, and names."""
    for module in list(network.modules()):
        for name, child in module.named_children():
            if type(child) is nn.BatchNorm2d:
                setattr(module, name, _replaced(child))
    return network


def _replaced(norm: nn.BatchNorm2d) -> SynchronisedBatchNorm:
    new = SynchronisedBatchNorm(norm.num_features, norm.eps, norm.momentum, norm.affine, norm.track_running_stats)
    new._parameters, new._buffers = norm._parameters, norm._buffers
    return new.train(norm.training)


class _Sum(torch.autograd.Function):
    """Over the processes. A number of one process counts in the sums of all, so gradients are summed too."""

    @staticmethod
    def forward(_: object, numbers: torch.Tensor) -> torch.Tensor:
        total = numbers.clone()
        torch.distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(_: object, gradient: torch.Tensor) -> torch.Tensor:
        total = gradient.contiguous().clone()
        torch.distributed.all_reduce(total)
        return total


def _mean_over_processes(numbers: torch.Tensor) -> torch.Tensor:
    return _Sum.apply(numbers) / torch.distributed.get_world_size()
