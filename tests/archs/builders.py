"""The architectures by keyword, for tests: unet(3, features=2, levels=2)."""

from typing import Any

from torch import nn

from brainseg.archs import refining_unet as refining_unet_
from brainseg.archs import resunet as resunet_
from brainseg.archs import transunet as transunet_
from brainseg.archs import unet as unet_
from brainseg.archs import unetpp as unetpp_


def unet(in_channels: int, **settings: Any) -> nn.Module:
    return unet_.unet(in_channels, unet_.Settings(**{"stem": "plain"} | settings))


def unetpp(in_channels: int, **settings: Any) -> nn.Module:
    return unetpp_.unetpp(in_channels, unetpp_.Settings(**settings))


def resunet(in_channels: int, **settings: Any) -> nn.Module:
    return resunet_.resunet(in_channels, resunet_.Settings(**settings))


def transunet(in_channels: int, **settings: Any) -> nn.Module:
    return transunet_.transunet(in_channels, transunet_.Settings(**settings))


def refining_unet(in_channels: int, **settings: Any) -> nn.Module:
    return refining_unet_.refining_unet(in_channels, refining_unet_.Settings(**settings))
