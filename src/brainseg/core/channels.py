"""Names of channels: the one to eight sequences of a data set, in the order of an image's last axis."""

import re
from collections.abc import Sequence

from brainseg.core.errors import UserError, shown
from brainseg.core.params import PARAMS_FILE

LGG_CHANNELS = ("pre_contrast", "flair", "post_contrast")  # of all TIFF data; artefacts that name none have these
MOST = 8
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


def main_channel(channels: Sequence[str]) -> int:
    """The place of the channel that pictures show and that stands in for a missing one: FLAIR, else the first."""
    return channels.index("flair") if "flair" in channels else 0


def places(asked: Sequence[str], channels: Sequence[str]) -> list[int]:
    """Where the channels of input.channels lie among the data's. Raises UserError for one that the data lacks."""
    for name in asked:
        if name not in channels:
            raise UserError(f"{PARAMS_FILE}: input.channels names {name}; the data has {', '.join(channels)}")
    return [channels.index(name) for name in asked]


def check_names(channels: Sequence[str]) -> None:
    """Raises ValueError, whose text is complete, unless these are one to eight names, each once."""
    if not 1 <= len(channels) <= MOST:
        raise ValueError(f"has {len(channels)} channels; expected 1 to {MOST}")
    for name in channels:
        if not NAME.fullmatch(name):
            raise ValueError(f"{shown(name)} is no name of a channel; expected small letters, digits and _, such as t2")
    if len(set(channels)) < len(channels):
        raise ValueError(f"{', '.join(channels)} names a channel twice; expected each once")


def in_words(channel: str) -> str:
    """The name as a person reads it."""
    return "FLAIR" if channel == "flair" else channel
