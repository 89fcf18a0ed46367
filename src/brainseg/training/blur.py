"""Gaussian blur of a batch, with a separate width for every map."""

import math

import torch
from torch.nn.functional import conv2d, pad


def blur(maps: torch.Tensor, sigma_px: torch.Tensor, widest_px: float) -> torch.Tensor:
    """Each map of maps (K, n, n) float32 under a Gaussian of SD sigma_px (K,); (K, n, n) float32.

    The kernel ends at four times widest_px, the largest SD of the whole batch, of which these maps may be a part. The
    slice's edge is repeated outside it. An SD of 0 changes nothing.
    """
    radius = min(max(1, math.ceil(4 * widest_px)), maps.shape[-1])
    offset = torch.arange(-radius, radius + 1)
    kernels = torch.exp(-0.5 * (offset / sigma_px[:, None].clamp_min(1e-3)) ** 2)
    kernels = (kernels / kernels.sum(dim=1, keepdim=True)).to(maps.device)  # (K, 2 radius + 1)
    padded = pad(maps[None], [radius] * 4, mode="replicate")
    along_rows = conv2d(padded, kernels[:, None, None, :], groups=len(maps))
    return conv2d(along_rows, kernels[:, None, :, None], groups=len(maps))[0]
