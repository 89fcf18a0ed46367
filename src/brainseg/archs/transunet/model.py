"""TransU-Net: a ResNet, a vision transformer on its coarsest map, and a decoder with skips from the ResNet.

Source: Chen et al., "TransUNet", section 3 (arXiv 2102.04306); Dosovitskiy et al., "An image is worth 16x16 words",
    ICLR 2021 (arXiv 2010.11929)

With features 64, blocks [3, 4, 9], width 768, layers 12, heads 12 and grid 14 it is the paper's R50 + ViT-B/16, and
`pretrained` starts it from weights learnt on ImageNet-21k. There is no class token, since there is no classification.
"""

import torch
from pydantic import Field, model_validator
from torch import nn
from torch.nn.functional import dropout, interpolate

from brainseg.archs.shared.blocks import GELU, double_convolution
from brainseg.archs.transunet.pretrained import R50_VIT_B16, fetch, load_pretrained
from brainseg.archs.transunet.resnet import ResidualStem
from brainseg.core.errors import shown
from brainseg.core.params import StrictSettings

MOST_BLOCKS = 64


class Settings(StrictSettings):
    features: int = Field(ge=4, le=512, multiple_of=4)
    blocks: list[int] = Field(min_length=3, max_length=3)
    width: int = Field(ge=1, le=4096)
    layers: int = Field(ge=1, le=96)
    heads: int = Field(ge=1, le=96)
    grid: int = Field(ge=1, le=128)
    dropout: float = Field(ge=0, lt=1)
    pretrained: bool

    @model_validator(mode="after")
    def _fit_together(self) -> "Settings":
        if min(self.blocks) < 1 or max(self.blocks) > MOST_BLOCKS:
            raise ValueError(f"blocks is {shown(self.blocks)}; expected three numbers from 1 to {MOST_BLOCKS}")
        if self.width % self.heads:
            raise ValueError(f"heads is {self.heads}; expected a number that divides width, {self.width}")
        if self.pretrained:
            wrong = {key: getattr(self, key) for key, value in R50_VIT_B16.items() if getattr(self, key) != value}
            if wrong:
                found = ", ".join(f"{key} is {value}" for key, value in wrong.items())
                expected = ", ".join(f"{key} {R50_VIT_B16[key]}" for key in wrong)
                raise ValueError(f"pretrained is true and {found}; the public weights have {expected}")
        return self


def transunet(in_channels: int, settings: Settings) -> nn.Module:
    return TransUNet(in_channels, settings)


class TransUNet(nn.Module):
    """(N, C, H, W) -> logits (N, 1, H, W); H and W divisible by 16.

    Each position of the map at 1/16 is a token. Position embeddings are learnt on a grid of `grid` x `grid` tokens
    and interpolated for slices of other sizes.
    """

    divisor = 16

    def __init__(self, in_channels: int, settings: Settings) -> None:
        super().__init__()
        self.pretrained, self.dropout = settings.pretrained, settings.dropout
        features, width = settings.features, settings.width
        self.stem = ResidualStem(in_channels, features, settings.blocks)
        self.to_tokens = nn.Conv2d(self.stem.channels[-1], width, kernel_size=1)
        self.position = nn.Parameter(0.02 * torch.randn(1, width, settings.grid, settings.grid))
        self.layers = nn.ModuleList(transformer_layer(width, settings) for _ in range(settings.layers))
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.from_tokens = single_convolution(width, 8 * features)
        skips = [*reversed(self.stem.channels[:-1]), 0]  # at 1/8, 1/4, 1/2; at full size there is none
        widths = [8 * features, 4 * features, 2 * features, features, features // 4]
        self.decoders = nn.ModuleList(
            double_convolution(before + skip, after)
            for before, skip, after in zip(widths, skips, widths[1:], strict=False)
        )
        self.head = nn.Conv2d(widths[-1], 1, kernel_size=3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.shape[2] % self.divisor or x.shape[3] % self.divisor:  # sides of 17 would come out as 16
            raise RuntimeError(f"sides are {tuple(x.shape[2:])}; expected multiples of {self.divisor}")
        *skips, coarsest = self.stem(x)
        tokens = self.encode(coarsest)  # (N, H / 16 * W / 16, width)
        x = self.from_tokens(tokens.transpose(1, 2).unflatten(2, coarsest.shape[2:]))
        for decoder, skip in zip(self.decoders, [*reversed(skips), None], strict=True):
            x = interpolate(x, scale_factor=2, mode="bilinear", align_corners=True)  # as the authors' code
            x = decoder(x if skip is None else torch.cat([x, skip], dim=1))
        return self.head(x)

    def encode(self, coarsest: torch.Tensor) -> torch.Tensor:
        """The stem's last map (N, 16 features, h, w) -> tokens (N, h w, width), row by row."""
        tokens = self.to_tokens(coarsest)
        position = self.position
        if position.shape[2:] != tokens.shape[2:]:
            position = interpolate(position, size=tokens.shape[2:], mode="bicubic", align_corners=False)
        tokens = dropout((tokens + position).flatten(2).transpose(1, 2), self.dropout, self.training)
        for layer in self.layers:
            tokens = layer(tokens)
        return self.norm(tokens)

    def load_pretrained(self) -> None:
        """Before training: the public weights for the stem and the transformer, if the settings ask for them."""
        if self.pretrained:
            load_pretrained(self, fetch())


def transformer_layer(width: int, settings: Settings) -> nn.TransformerEncoderLayer:
    """As in ViT: normalise first, GELU, four times the width inside."""
    layer = nn.TransformerEncoderLayer(
        width,
        settings.heads,
        dim_feedforward=4 * width,
        dropout=settings.dropout,
        activation=GELU,
        layer_norm_eps=1e-6,
        batch_first=True,
        norm_first=True,
    )
    layer.self_attn.dropout, layer.dropout1.p = 0.0, 0.0  # the authors use dropout in the layer's second half only
    return layer


def single_convolution(in_channels: int, out_channels: int) -> nn.Sequential:
    convolution = nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(out_channels), nn.ReLU(inplace=True))
