"""A ResNet with weight-standardised convolutions and group norm, the stem of hybrid vision transformers.

Kolesnikov et al., "Big transfer (BiT)", ECCV 2020, section 3.1 (arXiv 1912.11370); weight standardisation:
Qiao et al., arXiv 1903.10520. As in Google's R50 + ViT-B/16, the model of the public weights: normalisation
after each convolution, and TensorFlow's padding, which is uneven where the stride is above 1.
"""

import math

import torch
from torch import nn
from torch.nn.functional import conv2d, max_pool2d, pad, relu


class StandardisedConv(nn.Conv2d):
    """A convolution without bias whose filters have mean 0 and variance 1; sides must be even where the stride is 2."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int, stride: int = 1) -> None:
        super().__init__(in_channels, out_channels, kernel_size, stride, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        variance, mean = torch.var_mean(self.weight, dim=(1, 2, 3), keepdim=True, correction=0)
        weight = (self.weight - mean) * torch.rsqrt(variance + 1e-8)  # more would weaken the public filters
        return conv2d(pad_as_tensorflow(x, self.kernel_size[0], self.stride[0]), weight, stride=self.stride)


def pad_as_tensorflow(x: torch.Tensor, kernel_size: int, stride: int, value: float = 0.0) -> torch.Tensor:
    """Pad so that even sides shrink by `stride` exactly; the odd pixel of padding is at the bottom and the right."""
    total = max(kernel_size - stride, 0)
    before, after = total // 2, total - total // 2
    return pad(x, (before, after, before, after), value=value)


def group_norm(channels: int) -> nn.GroupNorm:
    """32 groups, as in the public weights; fewer where a group would have less than two channels."""
    return nn.GroupNorm(math.gcd(32, channels // 2), channels)


class Bottleneck(nn.Module):
    """(N, C, H, W) -> (N, out_channels, H / stride, W / stride), through a quarter of the channels."""

    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        inner = out_channels // 4
        self.conv1, self.norm1 = StandardisedConv(in_channels, inner, 1), group_norm(inner)
        self.conv2, self.norm2 = StandardisedConv(inner, inner, 3, stride), group_norm(inner)
        self.conv3, self.norm3 = StandardisedConv(inner, out_channels, 1), group_norm(out_channels)
        self.shortcut = nn.Identity()
        if stride > 1 or in_channels != out_channels:
            self.shortcut = nn.Sequential(
                StandardisedConv(in_channels, out_channels, 1, stride), group_norm(out_channels)
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        inner = relu(self.norm1(self.conv1(x)))
        inner = relu(self.norm2(self.conv2(inner)))
        return relu(self.norm3(self.conv3(inner)) + self.shortcut(x))


class ResidualStem(nn.Module):
    """(N, C, H, W) -> maps at 1/2, 1/4, 1/8 and 1/16 of the sides; H and W divisible by 16.

    Their channels are `features` times 1, 4, 8 and 16. `blocks` counts the bottlenecks of the last three.
    """

    def __init__(self, in_channels: int, features: int, blocks: list[int]) -> None:
        super().__init__()
        self.channels = [features, 4 * features, 8 * features, 16 * features]
        self.root = nn.Sequential(StandardisedConv(in_channels, features, 7, stride=2), group_norm(features), nn.ReLU())
        self.stages = nn.ModuleList(
            nn.Sequential(Bottleneck(before, after, stride), *(Bottleneck(after, after, 1) for _ in range(count - 1)))
            for before, after, count, stride in zip(self.channels, self.channels[1:], blocks, (1, 2, 2), strict=False)
        )

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        maps = [self.root(x)]
        x = max_pool2d(pad_as_tensorflow(maps[0], 3, 2, value=-math.inf), kernel_size=3, stride=2)
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        return maps
