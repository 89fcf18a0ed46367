"""Lesions of other training slices, pasted at random places in the head, for a whole batch at once on the device.

Source: CarveMix (Zhang et al., MICCAI 2021; NeuroImage 2023), which pastes the lesion of one patient where it lies into
another patient. Here it is also rotated, scaled and shifted, so that lesions appear where no training patient has one.
"""

import math

import torch
from torch.nn.functional import affine_grid, avg_pool2d, grid_sample

from brainseg.training.share import Share

SCALE = 0.2  # the pasted lesion is 0.8 to 1.2 times as long and as wide
SHIFT = 0.25  # of the side, along rows and along columns
INSIDE = 0.9  # the share of the pasted lesion that has to lie in the head
RIM_PX = 3  # the outline of the pasted lesion is smoothed by a mean of so many pixels, and has no hard edge


def paste_lesions(
    images: torch.Tensor,
    masks: torch.Tensor,
    donor_images: torch.Tensor,
    donor_masks: torch.Tensor,
    probability: float,
    generator: torch.Generator,
    share: Share | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Each slice with the lesion of its donor, with this probability; the slice's own lesion remains.

    images, donor_images: (B, C, n, n) float32; masks, donor_masks: (B, 1, n, n) float32 of 0 and 1

    The donor is mapped by `random_maps`, its pixels inside the lesion replace those of the slice in every channel, and
    the mask is the union. A slice is unchanged where its donor has no lesion, or where less than INSIDE of the
    mapped lesion lies in the slice's `head`. A probability of 0 draws no random number. The random numbers come
    from a CPU generator, so they are the same on every device. With a share they are drawn for the whole batch, and the
    share's are used.
    """
    if not probability:
        return images, masks
    share = share or Share.whole(len(images))
    happens = (torch.rand(share.of, generator=generator) < probability)[share.rows].to(images.device)
    maps = random_maps(share.of, generator)[share.rows].to(images.device)
    # only the slices that receive a lesion are computed
    rows = torch.nonzero(happens & donor_masks.flatten(1).any(1)).flatten()
    if not len(rows):
        return images, masks
    own, own_masks = images[rows], masks[rows]
    grid = affine_grid(maps[rows], list(own.shape), align_corners=False)
    donors = grid_sample(donor_images[rows], grid, mode="bilinear", padding_mode="border", align_corners=False)
    lesions = grid_sample(donor_masks[rows], grid, mode="nearest", padding_mode="zeros", align_corners=False)
    inside = (lesions * head(own)).sum((1, 2, 3)) >= INSIDE * lesions.sum((1, 2, 3)).clamp_min(1)
    lesions = lesions * inside[:, None, None, None]
    opacity = avg_pool2d(lesions, RIM_PX, stride=1, padding=RIM_PX // 2)
    pasted = own + opacity * (donors - own)
    return (
        images.index_copy(0, rows, pasted).contiguous(memory_format=torch.channels_last),
        masks.index_copy(0, rows, torch.maximum(own_masks, lesions)),
    )


def random_maps(count: int, generator: torch.Generator) -> torch.Tensor:
    """(count, 2, 3) float32 maps from coordinates in the slice to coordinates in its donor.

    Each rotates about the centre by any angle, scales by 1 +- SCALE and shifts by +- SHIFT sides, all uniform.
    """
    angle_draw, scale_draw, *shift_draws = torch.rand(4, count, generator=generator)
    angle = 2 * math.pi * angle_draw
    scale = 1 + SCALE * (2 * scale_draw - 1)
    cos, sin = angle.cos() / scale, angle.sin() / scale
    columns, rows = (2 * SHIFT * (2 * draw - 1) for draw in shift_draws)  # a side is 2 long
    return torch.stack([torch.stack([cos, -sin, columns], 1), torch.stack([sin, cos, rows], 1)], 1)


def head(images: torch.Tensor) -> torch.Tensor:
    """(B, 1, n, n) bool of images (B, C, n, n): pixels well above the slice's minimum, the air, in most channels.

    Well above is a tenth of the range between minimum and maximum. A constant slice has no head.
    """
    darkest, brightest = images.amin((2, 3), keepdim=True), images.amax((2, 3), keepdim=True)
    above = images > darkest + 0.1 * (brightest - darkest)
    return above.float().mean(1, keepdim=True) > 0.5
