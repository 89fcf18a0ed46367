"""U-Net: an encoder, a decoder, and at each resolution a skip from one to the other.

Source: Ronneberger, Fischer & Brox, MICCAI 2015 (arXiv 1505.04597); the report's section 4

With batch norm and padded convolutions, as in the report's reference code: 7,763,041 parameters at 32 features.
"""

from pydantic import Field
from torch import nn

from brainseg.archs.shared.space_to_depth import POSITIONS, SpaceToDepth, Stem
from brainseg.archs.shared.unet_body import UNet
from brainseg.core.params import StrictSettings


class Settings(StrictSettings):
    features: int = Field(ge=1, le=256)
    levels: int = Field(ge=2, le=7)
    stem: Stem = "plain"  # older weights, without this setting, were trained with it


def unet(in_channels: int, settings: Settings) -> nn.Module:
    features, levels = settings.features, settings.levels
    if settings.stem == "plain":
        return UNet(in_channels, features, levels)
    return SpaceToDepth(UNet(POSITIONS * in_channels, features, levels, out_channels=POSITIONS))
