"""U-Net++: a U-Net whose skips are dense chains of convolutions, with a head on each to prune it by.

Source: Zhou et al., "UNet++", DLMIA 2018, sections 3.1 and 3.2 (arXiv 1807.10165); the report's section 9

x[i, j] = H([x[i, 0], ..., x[i, j - 1], U(x[i + 1, j - 1])]) at resolution i and depth j. As in our U-Net, H is two
convolutions with batch norm, U a transposed convolution.
"""

import torch
from pydantic import Field
from torch import nn
from torch.nn.functional import logsigmoid, max_pool2d

from brainseg.archs.shared.blocks import double_convolution
from brainseg.archs.shared.supervision import TrainingOutput
from brainseg.core.params import StrictSettings


class Settings(StrictSettings):
    features: int = Field(ge=1, le=256)
    levels: int = Field(ge=2, le=7)
    deep_supervision: bool


def unetpp(in_channels: int, settings: Settings) -> nn.Module:
    return UNetPlusPlus(in_channels, settings.features, settings.levels, settings.deep_supervision)


class UNetPlusPlus(nn.Module):
    """(N, C, H, W) -> logits (N, 1, H, W); H and W divisible by `divisor`.

    With deep supervision there is a head on each x[0, j], and the training loss includes all of them.
    `set_output_heads` selects the heads for prediction. Without deep supervision, the report's "fast mode", there is
    one head, on the last x[0, j].
    """

    def __init__(self, in_channels: int, features: int, levels: int, deep_supervision: bool) -> None:
        super().__init__()
        self.divisor = 2 ** (levels - 1)
        deepest = levels - 1
        widths = [features * 2**level for level in range(levels)]
        self.depths = tuple(range(1, levels)) if deep_supervision else ()  # with a trained head to choose
        self.nodes, self.upsamplers, self.heads = nn.ModuleDict(), nn.ModuleDict(), nn.ModuleDict()
        for level, width in enumerate(widths):
            before = widths[level - 1] if level else in_channels
            self.nodes[node(level, 0)] = double_convolution(before, width)
        for depth in range(1, levels):
            for level in range(levels - depth):
                deep, width = widths[level + 1], widths[level]
                self.upsamplers[node(level, depth)] = nn.ConvTranspose2d(deep, width, kernel_size=2, stride=2)
                self.nodes[node(level, depth)] = double_convolution((depth + 1) * width, width)
        for depth in self.depths or (deepest,):
            self.heads[node(0, depth)] = nn.Conv2d(features, 1, kernel_size=1)
        self.set_output_heads("last", deepest)

    def set_output_heads(self, heads: str, depth: int) -> None:
        """Outside training, answer with the head at `depth`, or with the mean probability of all up to there.

        Deeper maps are not computed. This is the paper's pruning: L1 at depth 1, the whole network at the last depth.
        """
        self.mean_of_heads, self.depth = heads == "mean", depth

    def forward(self, x: torch.Tensor) -> torch.Tensor | TrainingOutput:
        if self.training:
            maps = self.maps(x, self.divisor.bit_length() - 1)
            heads = [head(maps[int(name[-1])]) for name, head in self.heads.items()]
            return TrainingOutput(tuple(heads)) if self.depths else heads[0]
        maps = self.maps(x, self.depth)
        if not self.mean_of_heads:
            return self.heads[node(0, self.depth)](maps[self.depth])
        heads = [self.heads[node(0, depth)](maps[depth]) for depth in range(1, self.depth + 1)]
        return logit_of_mean_probability(torch.stack(heads))

    def maps(self, x: torch.Tensor, deepest: int) -> list[torch.Tensor]:
        """x[0, 0] to x[0, deepest], (N, features, H, W) each, and nothing that they do without."""
        rows: list[list[torch.Tensor]] = []  # for each resolution, depth by depth
        for level in range(deepest + 1):
            x = self.nodes[node(level, 0)](max_pool2d(x, 2) if level else x)
            rows.append([x])
        for depth in range(1, deepest + 1):
            for level in range(deepest + 1 - depth):
                up = self.upsamplers[node(level, depth)](rows[level + 1][depth - 1])
                rows[level].append(self.nodes[node(level, depth)](torch.cat([*rows[level], up], dim=1)))
        return rows[0]


def node(level: int, depth: int) -> str:
    return f"x{level}{depth}"  # of at most seven levels: a digit each


def logit_of_mean_probability(logits: torch.Tensor) -> torch.Tensor:
    """Of (heads, ...), float32: log of the mean p less log of the mean 1 - p, which no rounding makes infinite."""
    logits = logits.float()
    return logsigmoid(logits).logsumexp(0) - logsigmoid(-logits).logsumexp(0)
