"""A network that computes at half the resolution of its input slices.

The four pixels of a 2 x 2 block become channels of one position, and four logits of that position become the block's
pixels again. No pixel is lost, and a step costs about a quarter.
Source: Shi et al., "Real-time single image and video super-resolution", CVPR 2016 (arXiv 1609.05158), for the way back
"""

from typing import Literal

import torch
from torch import nn
from torch.nn.functional import pixel_shuffle, pixel_unshuffle

from brainseg.archs.shared.supervision import TrainingOutput

Stem = Literal["plain", "space_to_depth"]
BLOCK_PX = 2  # per side
POSITIONS = BLOCK_PX**2  # pixels of a block


class SpaceToDepth(nn.Module):
    """(N, C, H, W) -> logits (N, 1, H, W); H and W divisible by `divisor`, twice the body's.

    body: (N, POSITIONS * C, H / 2, W / 2) -> logits (N, POSITIONS, H / 2, W / 2), or in training several of them
    """

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body, self.divisor = body, BLOCK_PX * body.divisor

    def forward(self, x: torch.Tensor) -> torch.Tensor | TrainingOutput:
        output = self.body(pixel_unshuffle(x, BLOCK_PX))
        if isinstance(output, TrainingOutput):
            return output._replace(head_logits=tuple(pixel_shuffle(head, BLOCK_PX) for head in output.head_logits))
        return pixel_shuffle(output, BLOCK_PX)
