"""Augmentation of geometry, for a whole batch at once on the device: scale, rotate, shear, shift, flip, bend.

The reference code of the report scales, rotates and flips. It resamples twice, once to scale and once to rotate, a
slice at a time. Here the maps are combined into one, so a slice is interpolated once and stays slightly sharper.
"""

import math

import torch
from pydantic import Field
from torch.nn.functional import affine_grid, grid_sample, interpolate

from brainseg.core.params import StrictSettings
from brainseg.training.share import Share


class AugmentSettings(StrictSettings):
    """Settings with a default are not in the report's code; the default turns them off."""

    scale: float = Field(ge=0, lt=1)
    rotation_deg: float = Field(ge=0, le=180)
    flip: float = Field(ge=0, le=1)
    shear_deg: float = Field(default=0.0, ge=0, lt=90)
    shift: float = Field(default=0.0, ge=0, le=1)  # share of the side
    elastic_px: float = Field(default=0.0, ge=0, le=1000)
    elastic_grid: int = Field(default=4, ge=2, le=256)  # control points a side
    paste_lesion: float = Field(default=0.0, ge=0, le=1)  # see paste.py


def augment(
    images: torch.Tensor,
    masks: torch.Tensor,
    settings: AugmentSettings,
    generator: torch.Generator,
    share: Share | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Each slice mapped by `random_affine` about its centre, then bent by `random_displacement`.

    images (B, C, n, n) float32 are resampled linearly, masks (B, 1, n, n) float32 to the nearest
    pixel. Values from outside the slice are 0, the mean intensity, as in the reference code. The random
    numbers come from a CPU generator, so they are the same on every device. With a share they are drawn for the whole
    batch, and the share's are used.
    """
    share = share or Share.whole(len(images))
    maps = random_affine(share.of, settings, generator)[share.rows].to(images.device, non_blocking=True)
    grid = affine_grid(maps, list(images.shape), align_corners=False)  # (B, n, n, 2)
    if settings.elastic_px:
        displacement = random_displacement(share.of, images.shape[3], settings, generator)
        grid = grid + displacement[share.rows].to(grid.device)
    warped = grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    return (
        warped.contiguous(memory_format=torch.channels_last),
        grid_sample(masks, grid, mode="nearest", padding_mode="zeros", align_corners=False),
    )


def random_affine(count: int, settings: AugmentSettings, generator: torch.Generator) -> torch.Tensor:
    """(count, 2, 3) float32 maps from coordinates in the augmented slice to coordinates in the original.

    Each scales by 1 +- scale, rotates by +- rotation_deg, mirrors left-right with probability flip, shears along the
    rows by +- shear_deg and shifts by +- shift sides along rows and columns, all uniform. A setting of 0 of the last
    two draws no random number.
    """
    scale_draw, angle_draw, flip_draw = torch.rand(3, count, generator=generator)
    scale = 1 + settings.scale * (2 * scale_draw - 1)
    angle = math.radians(settings.rotation_deg) * (2 * angle_draw - 1)
    mirror = torch.where(flip_draw < settings.flip, -1.0, 1.0)
    cos, sin = angle.cos() / scale, angle.sin() / scale
    maps = torch.zeros(count, 2, 3)
    maps[:, 0, 0], maps[:, 0, 1] = cos * mirror, -sin
    maps[:, 1, 0], maps[:, 1, 1] = sin * mirror, cos
    if settings.shear_deg:
        shear = torch.tan(math.radians(settings.shear_deg) * (2 * torch.rand(count, generator=generator) - 1))
        maps[:, :, 1] += shear[:, None] * maps[:, :, 0]  # first (x, y) -> (x + shear y, y), then the map
    if settings.shift:
        maps[:, :, 2] = 2 * settings.shift * (2 * torch.rand(count, 2, generator=generator) - 1)  # a side is 2 long
    return maps


def random_displacement(
    count: int, side_px: int, settings: AugmentSettings, generator: torch.Generator
) -> torch.Tensor:
    """(count, side_px, side_px, 2) float32, smooth displacements of coordinates, in units of half a side.

    The displacements of elastic_grid x elastic_grid control points are normal with an SD of elastic_px pixels along
    each axis. Between the control points they are interpolated bicubically. Source: Simard, Steinkraus & Platt,
    ICDAR 2003, who smooth noise of every pixel by a Gaussian; a coarse grid costs less.
    """
    shape = (count, 2, settings.elastic_grid, settings.elastic_grid)
    control_points = torch.randn(shape, generator=generator) * (2 * settings.elastic_px / side_px)
    smooth = interpolate(control_points, size=(side_px, side_px), mode="bicubic", align_corners=True)
    return smooth.permute(0, 2, 3, 1)
