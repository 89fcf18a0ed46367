"""What architectures of several kinds are made of."""

from functools import partial

from torch import nn
from torch.nn.functional import gelu

# Not "gelu": for that PyTorch predicts with a fused layer of its own, which torch.compile cannot take, and slower
GELU = partial(gelu, approximate="none")


def double_convolution(in_channels: int, out_channels: int) -> nn.Sequential:
    """Two 3 x 3 convolutions, each followed by batch norm and ReLU."""
    layers: list[nn.Module] = []
    for before in (in_channels, out_channels):
        # no bias: batch norm subtracts the mean anyway
        layers += [nn.Conv2d(before, out_channels, kernel_size=3, padding=1, bias=False)]
        layers += [nn.BatchNorm2d(out_channels), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)
