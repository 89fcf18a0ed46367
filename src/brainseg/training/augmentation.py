"""The report's augmentation, for a whole batch at once on the device: scale, rotate, flip.

The reference code resamples twice, once to scale and once to rotate, a slice at a time. Here
one map does both, so a slice is interpolated once and stays a little sharper.
"""

import math

import torch
from pydantic import Field
from torch.nn.functional import affine_grid, grid_sample

from brainseg.core.params import StrictSettings


class AugmentSettings(StrictSettings):
    scale: float = Field(ge=0, lt=1)
    rotation_deg: float = Field(ge=0, le=180)
    flip: float = Field(ge=0, le=1)


def augment(
    images: torch.Tensor, masks: torch.Tensor, settings: AugmentSettings, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Each slice scaled by 1 +- scale, rotated by +- rotation_deg, mirrored left-right with
    probability flip, all about its centre.

    images (B, C, n, n) float32 are resampled linearly, masks (B, 1, n, n) float32 to the nearest
    pixel; what comes from outside is 0, the mean grey, as in the reference code. The random
    numbers come from a CPU generator, so they are the same on every device.
    """
    maps = random_affine(len(images), settings, generator).to(images.device, non_blocking=True)
    grid = affine_grid(maps, list(images.shape), align_corners=False)  # (B, n, n, 2)
    warped = grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    return (
        warped.contiguous(memory_format=torch.channels_last),
        grid_sample(masks, grid, mode="nearest", padding_mode="zeros", align_corners=False),
    )


def random_affine(count: int, settings: AugmentSettings, generator: torch.Generator) -> torch.Tensor:
    """(count, 2, 3) float32 maps from places in the augmented slice to places in the original."""
    scale_draw, angle_draw, flip_draw = torch.rand(3, count, generator=generator)
    scale = 1 + settings.scale * (2 * scale_draw - 1)
    angle = math.radians(settings.rotation_deg) * (2 * angle_draw - 1)
    mirror = torch.where(flip_draw < settings.flip, -1.0, 1.0)
    cos, sin = angle.cos() / scale, angle.sin() / scale
    maps = torch.zeros(count, 2, 3)
    maps[:, 0, 0], maps[:, 0, 1] = cos * mirror, -sin
    maps[:, 1, 0], maps[:, 1, 1] = sin * mirror, cos
    return maps
