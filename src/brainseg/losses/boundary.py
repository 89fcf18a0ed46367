"""Boundary loss: mean(phi p), phi the signed distance to the true contour, negative inside.

Group: boundary
Source: Kervadec et al., "Boundary loss for highly unbalanced segmentation", MIDL 2019, section 2 (arXiv 1812.07032)

The contour lies half-way between lesion and background here: phi is -0.5 and 0.5 beside it, half a pixel less all
over than in the paper's code, where lesion pixels on the contour have 0 and so no say.
"""

import torch

from brainseg.core.params import StrictSettings
from brainseg.losses.shared.terms import boundary_term


class Settings(StrictSettings):
    pass


def boundary(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Scalar float32 loss of logits and target, both (N, 1, H, W), in pixels, averaged over all pixels.

    It goes below 0. A target without contour, empty or full, costs 0 whatever is predicted, so alone
    it trains nothing there and can collapse: it is meant beside Dice, see dice_boundary.
    """
    return boundary_term(logits, target)
