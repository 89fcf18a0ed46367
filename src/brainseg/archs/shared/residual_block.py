"""Residual blocks of two 3 x 3 convolutions, as in ResNet-D and the encoders of nnU-Net."""

from typing import Literal

import torch
from torch import nn

Norm = Literal["batch", "instance"]
SLOPE = 0.01  # of the leaky ReLU below 0; nnU-Net's


def normalisation(norm: Norm, channels: int) -> nn.Module:
    return nn.BatchNorm2d(channels) if norm == "batch" else nn.InstanceNorm2d(channels, affine=True)


def normalised_convolution(
    in_channels: int, out_channels: int, norm: Norm, kernel_size: int = 3, stride: int = 1
) -> list[nn.Module]:
    # no bias: both norms subtract the mean
    convolution = nn.Conv2d(in_channels, out_channels, kernel_size, stride, kernel_size // 2, bias=False)
    return [convolution, normalisation(norm, out_channels)]


class ResidualBlock(nn.Module):
    """(N, in_channels, H, W) -> (N, out_channels, H / stride, W / stride)

    The output of the convolutions is added to the input. Where the stride is 2, the input is averaged over
    2 x 2 pixels. Where the numbers of channels differ, a 1 x 1 convolution changes those of the input.
    Source: He et al., "Bag of tricks", CVPR 2019, figure 2c (arXiv 1812.01187)
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int, norm: Norm) -> None:
        super().__init__()
        self.residual = nn.Sequential(
            *normalised_convolution(in_channels, out_channels, norm, stride=stride),
            nn.LeakyReLU(SLOPE, inplace=True),
            *normalised_convolution(out_channels, out_channels, norm),
        )
        shortcut: list[nn.Module] = [nn.AvgPool2d(stride)] if stride > 1 else []
        if in_channels != out_channels:
            shortcut += normalised_convolution(in_channels, out_channels, norm, kernel_size=1)
        self.shortcut = nn.Sequential(*shortcut)
        self.activation = nn.LeakyReLU(SLOPE, inplace=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.activation(self.residual(x) + self.shortcut(x))
