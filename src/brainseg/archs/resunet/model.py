"""Residual U-Net: an encoder of residual blocks, and a decoder with one convolution at each resolution.

Source: Isensee et al., "nnU-Net Revisited", MICCAI 2024 (arXiv 2404.09556), the ResEnc U-Nets

With batch norm as an alternative to nnU-Net's instance norm. Deep supervision is nnU-Net's: a head at each
resolution of the decoder, each with half the weight of the next finer one.
"""

from itertools import pairwise

import torch
from pydantic import Field, field_validator
from torch import nn
from torch.nn.functional import interpolate

from brainseg.archs.shared.residual_block import SLOPE, Norm, ResidualBlock, normalised_convolution
from brainseg.archs.shared.space_to_depth import POSITIONS, SpaceToDepth, Stem
from brainseg.archs.shared.supervision import TrainingOutput
from brainseg.core.errors import shown
from brainseg.core.params import StrictSettings

MOST_BLOCKS = 64


class Settings(StrictSettings):
    features: int = Field(ge=1, le=256)
    blocks: list[int] = Field(min_length=2, max_length=7)
    norm: Norm
    deep_supervision: bool
    stem: Stem

    @field_validator("blocks")
    @classmethod
    def _one_each(cls, blocks: list[int]) -> list[int]:
        if min(blocks) < 1:
            raise ValueError(f"{shown(blocks)} has a number below 1; expected 1 or more blocks at each resolution")
        if max(blocks) > MOST_BLOCKS:
            raise ValueError(f"{shown(blocks)}; expected up to {MOST_BLOCKS} blocks at each resolution")
        return blocks


def resunet(in_channels: int, settings: Settings) -> nn.Module:
    if settings.stem == "plain":
        return ResUNet(in_channels, settings)
    return SpaceToDepth(ResUNet(POSITIONS * in_channels, settings, out_channels=POSITIONS))


class ResUNet(nn.Module):
    """(N, C, H, W) -> logits (N, out_channels, H, W); H and W divisible by `divisor`.

    Features double at each resolution.
    """

    def __init__(self, in_channels: int, settings: Settings, out_channels: int = 1) -> None:
        super().__init__()
        features, blocks, norm = settings.features, settings.blocks, settings.norm
        self.divisor = 2 ** (len(blocks) - 1)
        widths = [features * 2**level for level in range(len(blocks))]
        self.first = activated_convolution(in_channels, features, norm)
        self.encoders = nn.ModuleList(
            residual_blocks(before, width, count, stride=1 if level == 0 else 2, norm=norm)
            for level, (before, width, count) in enumerate(zip([features, *widths], widths, blocks, strict=False))
        )
        self.upsamplers = nn.ModuleList(
            nn.ConvTranspose2d(deep, shallow, kernel_size=2, stride=2) for shallow, deep in pairwise(widths)
        )
        self.decoders = nn.ModuleList(activated_convolution(2 * width, width, norm) for width in widths[:-1])
        judged = widths[:-1] if settings.deep_supervision else widths[:1]
        self.heads = nn.ModuleList(nn.Conv2d(width, out_channels, kernel_size=1) for width in judged)

    def forward(self, x: torch.Tensor) -> torch.Tensor | TrainingOutput:
        if x.shape[2] % self.divisor or x.shape[3] % self.divisor:  # sides of 17 would come out as 18
            raise RuntimeError(f"sides are {tuple(x.shape[2:])}; expected multiples of {self.divisor}")
        maps = self.maps(x)
        finest = self.heads[0](maps[0])
        if not self.training or len(self.heads) == 1:
            return finest
        coarser = [
            interpolate(head(map_), scale_factor=2**level, mode="bilinear", align_corners=False)
            for level, (head, map_) in enumerate(zip(self.heads, maps, strict=True))
            if level
        ]
        heads = (*reversed(coarser), finest)  # the output comes last
        weights = tuple(2**number / (2 ** len(heads) - 1) for number in range(len(heads)))
        return TrainingOutput(heads, head_weights=weights)

    def maps(self, x: torch.Tensor) -> list[torch.Tensor]:
        """What the decoder knows at each resolution, the finest first.

        (N, widths[level], H / 2**level, W / 2**level) each; the encoder's last map is not among them.
        """
        x, skips = self.first(x), []
        for encoder in self.encoders:
            x = encoder(x)
            skips.append(x)
        maps: list[torch.Tensor] = []
        for skip, upsampler, decoder in zip(
            reversed(skips[:-1]), reversed(self.upsamplers), reversed(self.decoders), strict=True
        ):
            x = decoder(torch.cat([upsampler(x), skip], dim=1))
            maps.insert(0, x)
        return maps


def activated_convolution(in_channels: int, out_channels: int, norm: Norm) -> nn.Sequential:
    return nn.Sequential(*normalised_convolution(in_channels, out_channels, norm), nn.LeakyReLU(SLOPE, inplace=True))


def residual_blocks(in_channels: int, out_channels: int, count: int, stride: int, norm: Norm) -> nn.Sequential:
    """`count` blocks, of which the first one changes channels and resolution."""
    first = ResidualBlock(in_channels, out_channels, stride, norm)
    return nn.Sequential(first, *(ResidualBlock(out_channels, out_channels, 1, norm) for _ in range(count - 1)))
