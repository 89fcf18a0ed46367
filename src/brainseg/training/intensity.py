"""Augmentation of intensity, for a whole batch at once on the device: brightness, contrast, noise, blur and
missing sequences, as they differ between scanners.
"""

import torch
from pydantic import Field

from brainseg.archs.shared.input import InputSettings
from brainseg.core.channels import main_channel
from brainseg.core.params import StrictSettings
from brainseg.training.bias_field import random_bias_field
from brainseg.training.blur import blur
from brainseg.training.share import Share


class IntensitySettings(StrictSettings):
    """0 turns a setting off. It then draws no random number and changes no value."""

    bias_field: float = Field(ge=0, le=10)
    gamma: float = Field(ge=0, le=10)
    blur_px: float = Field(ge=0, le=100)
    gain: float = Field(ge=0, lt=1)
    offset: float = Field(ge=0, le=100)
    noise: float = Field(ge=0, le=100)
    channel_dropout: float = Field(ge=0, le=1)


def change_intensity(
    images: torch.Tensor,
    settings: IntensitySettings,
    input_settings: InputSettings,
    generator: torch.Generator,
    share: Share | None = None,
) -> torch.Tensor:
    """The z-scored slices (B, in_channels, n, n) float32 with other intensities, same shape, channels last.

    Every channel of a slice is changed separately. The same channel of neighbouring slices is changed equally, since
    one scan measured them. The changes, in this order, are made where their setting is not 0, with uniform draws:

    bias_field: times a smooth field, see bias_field.py; the slice's minimum is unchanged
    gamma: u -> u ** exp(+- gamma), where u runs from 0 to 1 between the slice's minimum and maximum
    blur_px: a Gaussian of SD 0 to blur_px pixels
    gain, offset: times 1 +- gain, plus +- offset
    noise: plus normal noise of SD 0 to noise, independent for each pixel of each neighbouring slice
    channel_dropout: with this probability one channel other than FLAIR becomes a copy of FLAIR, or of the first
        channel where there is no FLAIR. The LGG set replaces a missing sequence in this way. The copy is exact, so it
        is made last.

    The random numbers come from a CPU generator, so they are the same on every device. With a share they are drawn for
    the whole batch, and the share's are used.
    """
    share = share or Share.whole(len(images))
    if not any(settings.model_dump().values()):
        return images
    device, side_px = images.device, images.shape[3]
    # not channels last: minima and products of whole channels are up to fifty times as fast
    x = images.contiguous().unflatten(1, (input_settings.slices, len(input_settings.channels)))  # (B, slices, C, n, n)
    each = (share.of, 1, len(input_settings.channels))  # one number per slice and channel, the same for its neighbours

    def of_batch(low: float, high: float) -> torch.Tensor:
        return low + (high - low) * torch.rand(*each, 1, 1, generator=generator)

    def uniform(low: float, high: float) -> torch.Tensor:
        return of_batch(low, high)[share.rows]

    if settings.bias_field:
        field = random_bias_field(each, side_px, settings.bias_field, generator)[share.rows].to(device)
        darkest = x.amin((1, 3, 4), keepdim=True)
        x = darkest + (x - darkest) * field
    if settings.gamma:
        exponent = uniform(-settings.gamma, settings.gamma).exp().to(device)
        darkest, brightest = x.amin((1, 3, 4), keepdim=True), x.amax((1, 3, 4), keepdim=True)
        span = (brightest - darkest).clamp_min(1e-6)  # the span of a constant channel is 0
        x = darkest + span * ((x - darkest) / span) ** exponent
    if settings.blur_px:
        drawn = of_batch(0, settings.blur_px)
        sigma_px = drawn[share.rows].expand(*x.shape[:3], 1, 1).flatten()
        x = blur(x.flatten(0, 2), sigma_px, float(drawn.max())).view(x.shape)
    if settings.gain:
        x = x * uniform(1 - settings.gain, 1 + settings.gain).to(device)
    if settings.offset:
        x = x + uniform(-settings.offset, settings.offset).to(device)
    if settings.noise:
        deviation = uniform(0, settings.noise)
        x = x + (deviation * torch.randn(share.of, *x.shape[1:], generator=generator)[share.rows]).to(device)
    if settings.channel_dropout:
        x = without_a_channel(x, settings.channel_dropout, input_settings, generator, share)
    return x.flatten(1, 2).contiguous(memory_format=torch.channels_last)


def without_a_channel(
    x: torch.Tensor, probability: float, input_settings: InputSettings, generator: torch.Generator, share: Share
) -> torch.Tensor:
    """x (B, slices, C, n, n) with one channel of some of the B replaced by the main one, the same in all slices."""
    main = main_channel(input_settings.channels)
    others = torch.tensor([channel for channel in range(len(input_settings.channels)) if channel != main])
    happens = torch.rand(share.of, generator=generator)[share.rows] < probability
    lost = others[torch.randint(len(others), (share.of,), generator=generator)[share.rows]]  # (B,)
    replaced = happens[:, None] & (lost[:, None] == torch.arange(len(input_settings.channels)))  # (B, C)
    return torch.where(replaced[:, None, :, None, None].to(x.device), x[:, :, main : main + 1], x)
