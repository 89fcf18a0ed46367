"""U-Net: an encoder, a decoder, and at each resolution a skip from one to the other.

Source: Ronneberger, Fischer & Brox, MICCAI 2015 (arXiv 1505.04597); the report's section 4

With batch norm and padded convolutions, as in the report's reference code: 7,763,041 parameters at 32 features.
"""

from itertools import pairwise

import torch
from pydantic import Field
from torch import nn

from brainseg.params import StrictSettings


class Settings(StrictSettings):
    features: int = Field(ge=1)
    levels: int = Field(ge=2, le=7)


def unet(in_channels: int, *, features: int, levels: int) -> nn.Module:
    return UNet(in_channels, features, levels)


class UNet(nn.Module):
    """(N, C, H, W) -> logits (N, 1, H, W); H and W divisible by `divisor`.

    `levels` counts resolutions, the bottleneck included; features double at each.
    """

    def __init__(self, in_channels: int, features: int, levels: int) -> None:
        super().__init__()
        self.divisor = 2 ** (levels - 1)
        widths = [features * 2**level for level in range(levels)]
        self.encoders = nn.ModuleList(
            double_convolution(before, after) for before, after in zip([in_channels, *widths], widths, strict=False)
        )
        self.upsamplers = nn.ModuleList(
            nn.ConvTranspose2d(deep, shallow, kernel_size=2, stride=2) for shallow, deep in pairwise(widths)
        )
        self.decoders = nn.ModuleList(double_convolution(2 * width, width) for width in widths[:-1])
        self.head = nn.Conv2d(features, 1, kernel_size=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        skips = []
        for encoder in self.encoders[:-1]:
            x = encoder(x)  # (N, features * 2**level, H / 2**level, W / 2**level)
            skips.append(x)
            x = nn.functional.max_pool2d(x, 2)
        x = self.encoders[-1](x)
        for skip, upsampler, decoder in zip(
            reversed(skips), reversed(self.upsamplers), reversed(self.decoders), strict=True
        ):
            x = decoder(torch.cat([upsampler(x), skip], dim=1))
        return self.head(x)  # (N, 1, H, W)


def double_convolution(in_channels: int, out_channels: int) -> nn.Sequential:
    """Two 3 x 3 convolutions, each followed by batch norm and ReLU."""
    layers: list[nn.Module] = []
    for before in (in_channels, out_channels):
        # no bias: batch norm subtracts the mean anyway
        layers += [nn.Conv2d(before, out_channels, kernel_size=3, padding=1, bias=False)]
        layers += [nn.BatchNorm2d(out_channels), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)
