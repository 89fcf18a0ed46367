"""The U-Net, a part of several architectures."""

from itertools import pairwise

import torch
from torch import nn

from brainseg.archs.shared.blocks import double_convolution


class UNet(nn.Module):
    """(N, C, H, W) -> logits (N, out_channels, H, W); H and W divisible by `divisor`.

    `levels` counts resolutions, the bottleneck included; features double at each.
    """

    def __init__(self, in_channels: int, features: int, levels: int, out_channels: int = 1) -> None:
        super().__init__()
        self.divisor = 2 ** (levels - 1)
        self.widths = [features * 2**level for level in range(levels)]
        self.encoders = nn.ModuleList(
            double_convolution(before, after)
            for before, after in zip([in_channels, *self.widths], self.widths, strict=False)
        )
        self.upsamplers = nn.ModuleList(
            nn.ConvTranspose2d(deep, shallow, kernel_size=2, stride=2) for shallow, deep in pairwise(self.widths)
        )
        self.decoders = nn.ModuleList(double_convolution(2 * width, width) for width in self.widths[:-1])
        self.head = nn.Conv2d(features, out_channels, kernel_size=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.maps(x)[0])  # (N, out_channels, H, W)

    def maps(self, x: torch.Tensor) -> list[torch.Tensor]:
        """The decoder's feature maps, the finest first and the bottleneck last.

        (N, widths[level], H / 2**level, W / 2**level) each.
        """
        skips = []
        for encoder in self.encoders[:-1]:
            x = encoder(x)
            skips.append(x)
            x = nn.functional.max_pool2d(x, 2)
        maps = [self.encoders[-1](x)]
        for skip, upsampler, decoder in zip(
            reversed(skips), reversed(self.upsamplers), reversed(self.decoders), strict=True
        ):
            maps.insert(0, decoder(torch.cat([upsampler(maps[0]), skip], dim=1)))
        return maps
