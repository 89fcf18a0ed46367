"""Blocks that several architectures use."""

from functools import partial

from torch import nn
from torch.nn.functional import gelu

# Not "gelu": with it PyTorch predicts by a fused layer, which is slower and which torch.compile cannot compile
GELU = partial(gelu, approximate="none")


def double_convolution(in_channels: int, out_channels: int) -> nn.Sequential:
    """Two 3 x 3 convolutions, each followed by batch norm and ReLU."""
    layers: list[nn.Module] = []
    for before in (in_channels, out_channels):
        # no bias: batch norm subtracts the mean
        layers += [nn.Conv2d(before, out_channels, kernel_size=3, padding=1, bias=False)]
        layers += [nn.BatchNorm2d(out_channels), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)
