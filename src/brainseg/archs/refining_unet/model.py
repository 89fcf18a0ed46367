"""Refining U-Net: a U-Net, then tokens of its least certain pixels, which attend to each other and refine them.

Source: the report's section 11 (its last wish); near to it: Kirillov et al., "PointRend", CVPR 2020 (arXiv 1912.08193)

The pixels whose logit is nearest to 0 become tokens. A token is made of the pixel's neighbourhood in the slice and
in the U-Net's finest map, the bottleneck's features there, the logit and the position. The tokens attend to each other
and to the bottleneck's positions, and each changes the logit of its pixel. The selection needs no label, so it is the
same in training and prediction. With `coarsening` 2 the U-Net's input is the slice at half its resolution, and only
the tokens use the full resolution. The training loss includes the U-Net's logits, and may include the cross-entropy
of the tokens' pixels.
"""

import torch
from pydantic import Field, model_validator
from torch import nn
from torch.nn.functional import avg_pool2d, interpolate

from brainseg.archs.shared.blocks import GELU
from brainseg.archs.shared.supervision import TrainingOutput
from brainseg.archs.shared.unet_body import UNet
from brainseg.core.params import StrictSettings


class Settings(StrictSettings):
    features: int = Field(ge=1, le=256)
    levels: int = Field(ge=2, le=7)
    coarsening: int = Field(ge=1, le=8)
    token_share: float = Field(gt=0, le=1)
    token_width: int = Field(ge=1, le=1024)
    token_layers: int = Field(ge=0, le=24)
    token_heads: int = Field(ge=1, le=32)
    token_weight: float = Field(ge=0, le=1e4)

    @model_validator(mode="after")
    def _fit_together(self) -> "Settings":
        if self.token_width % self.token_heads:
            raise ValueError(
                f"token_heads is {self.token_heads}; expected a number that divides token_width, {self.token_width}"
            )
        return self


def refining_unet(in_channels: int, settings: Settings) -> nn.Module:
    return RefiningUNet(in_channels, settings)


class RefiningUNet(nn.Module):
    """(N, C, H, W) -> logits (N, 1, H, W); H and W divisible by `divisor`.

    K = token_share * H * W pixels of each slice, at least two, become tokens. The more certain a pixel, the smaller
    the change of its logit; the most certain token only gives context to the others. The U-Net's `levels` begin at
    its own resolution, H / coarsening.
    """

    def __init__(self, in_channels: int, settings: Settings) -> None:
        super().__init__()
        width = settings.token_width
        self.token_share, self.token_weight = settings.token_share, settings.token_weight
        self.unet = UNet(in_channels, settings.features, settings.levels)
        self.coarsening, self.divisor = settings.coarsening, settings.coarsening * self.unet.divisor
        near, deep = 9 * (in_channels + settings.features), self.unet.widths[-1]
        self.token = nn.Sequential(nn.Linear(near + deep + 1, width), nn.LayerNorm(width), nn.GELU())
        self.context = nn.Linear(deep, width) if settings.token_layers else None
        self.position = nn.Linear(2, width)
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(
                width,
                settings.token_heads,
                2 * width,
                dropout=0.0,
                activation=GELU,
                batch_first=True,
                norm_first=True,
            )
            for _ in range(settings.token_layers)
        )
        self.change = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor | TrainingOutput:
        maps, coarse = self.coarse_pass(x)
        flat = coarse.flatten(1)  # (N, H W)
        count = max(2, round(self.token_share * int(flat.shape[1])))  # int: a tracer's size is a tensor
        least, places = flat.detach().abs().topk(count, largest=False, sorted=False)  # (N, K)
        # 0 for the last selected pixel, so that the effect of rounding on the selection is small
        importance = 1 - least / least.amax(1, keepdim=True).clamp_min(1e-6)
        with torch.autocast(x.device.type, enabled=False):  # few numbers: conversion would cost more than it saves
            change = importance * self.refine(x, maps, flat, places)
        refined = flat.index_put((slice_number(places), places), change, accumulate=True).view_as(coarse)
        if self.training:
            return TrainingOutput((coarse, refined), places if self.token_weight else None, self.token_weight)
        return refined

    def coarse_pass(self, x: torch.Tensor) -> tuple[list[torch.Tensor], torch.Tensor]:
        """The U-Net's maps, and its logits (N, 1, H, W) float32 brought to the slice's own grid."""
        if x.shape[2] % self.divisor or x.shape[3] % self.divisor:  # coarsened, sides of 17 would come out as 16
            raise RuntimeError(f"sides are {tuple(x.shape[2:])}; expected multiples of {self.divisor}")
        if self.coarsening == 1:
            maps = self.unet.maps(x)
            return maps, self.unet.head(maps[0]).float()
        maps = self.unet.maps(avg_pool2d(x, self.coarsening))
        logits = self.unet.head(maps[0]).float()
        return maps, interpolate(logits, scale_factor=self.coarsening, mode="bilinear", align_corners=False)

    def refine(
        self, x: torch.Tensor, maps: list[torch.Tensor], coarse: torch.Tensor, places: torch.Tensor
    ) -> torch.Tensor:
        """What to add to the logits at these places, (N, K) float32."""
        finest, deepest = maps[0], maps[-1]
        row, column = places // x.shape[3], places % x.shape[3]
        known = [gather_3x3(x, row, column), gather_3x3(finest, row // self.coarsening, column // self.coarsening)]
        known.append(gather_pixels(deepest, pixel_index(row // self.divisor, column // self.divisor, deepest)))
        known.append(gather_pixels(coarse.view(x.shape[0], 1, *x.shape[2:]), places))
        tokens = self.token(torch.cat(known, dim=2)) + self.position(centred(row, column, x))  # (N, K, width)
        if self.context is not None:
            deep = deepest.float()
            place = torch.arange(deep[0, 0].numel(), device=x.device)
            where = centred(place // deep.shape[3], place % deep.shape[3], deep)
            context = self.context(deep.flatten(2).transpose(1, 2)) + self.position(where)
            tokens = torch.cat([tokens, context], dim=1)
        for layer in self.layers:
            tokens = layer(tokens)
        return self.change(tokens[:, : places.shape[1]])[..., 0]


def slice_number(places: torch.Tensor) -> torch.Tensor:
    """(N, 1): beside places (N, K) the number of the slice they are in."""
    return torch.arange(places.shape[0], device=places.device)[:, None]


def pixel_index(row: torch.Tensor, column: torch.Tensor, map_: torch.Tensor) -> torch.Tensor:
    """The number of a pixel in a flattened slice of a map (N, C, H, W)."""
    return row * map_.shape[3] + column


def gather_3x3(map_: torch.Tensor, row: torch.Tensor, column: torch.Tensor) -> torch.Tensor:
    """What a map (N, C, H, W) holds 3 x 3 about each place (N, K), its edge repeated: (N, K, 9 C) float32."""
    height, width = map_.shape[2:]
    offset = torch.arange(9, device=row.device)
    near_row = (row[..., None] + (offset // 3 - 1)).clamp(0, height - 1)
    near_column = (column[..., None] + (offset % 3 - 1)).clamp(0, width - 1)
    return gather_pixels(map_, pixel_index(near_row, near_column, map_).flatten(1)).view(*row.shape, -1)


def gather_pixels(map_: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
    """What a map (N, C, H, W) holds at the places (N, K): (N, K, C) float32."""
    pixels = map_.permute(0, 2, 3, 1).flatten(0, 2)  # (N H W, C), no copy where channels are last
    index = slice_number(places) * map_[0, 0].numel() + places
    return pixels.index_select(0, index.flatten()).view(*places.shape, -1).float()


def centred(row: torch.Tensor, column: torch.Tensor, map_: torch.Tensor) -> torch.Tensor:
    """The middles of pixels of a map (N, C, H, W) from -1 to 1 across it, (..., 2) float32."""
    height, width = map_.shape[2:]
    return torch.stack([(2 * row + 1) / height - 1, (2 * column + 1) / width - 1], dim=-1)
