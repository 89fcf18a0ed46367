"""Which channel a word stands for, in the names that BraTS, nnU-Net and radiology give to sequences."""

import re
from collections.abc import Mapping, Sequence

from brainseg.core.channels import main_channel

KNOWN: Mapping[str, str] = {
    "t1": "pre_contrast", "t1n": "pre_contrast", "t1w": "pre_contrast",
    "t1c": "post_contrast", "t1ce": "post_contrast", "t1gd": "post_contrast", "t1wce": "post_contrast",
    "flair": "flair", "t2f": "flair",
    "t2": "t2", "t2w": "t2",
}  # fmt: skip


def channel_of(word: str) -> str:
    """The channel's name: small letters, digits and _. T1ce and T1gd are post_contrast, ADC is adc."""
    name = re.sub(r"[^a-z0-9]+", "_", word.lower()).strip("_")
    return KNOWN.get(name.replace("_", ""), name)


def keys_of(channels: Sequence[str]) -> dict[str, str]:
    """What may be typed for each channel: flair, pre and pre_contrast, post and post_contrast."""
    return {key: name for name in ordered(channels) for key in (short(name), name)}


def ordered(channels: Sequence[str]) -> list[str]:
    """The main channel first."""
    main = channels[main_channel(channels)]
    return [main, *(name for name in channels if name != main)]


def short(channel: str) -> str:
    """pre of pre_contrast."""
    return channel.removesuffix("_contrast")
