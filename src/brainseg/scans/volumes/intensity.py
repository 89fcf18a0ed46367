"""Intensities of the sequences become one image of 8 or 16 bit."""

from collections.abc import Mapping, Sequence

import numpy as np

from brainseg.core.channels import LGG_CHANNELS, in_words, main_channel
from brainseg.core.errors import UserError

FULL_SCALE = 65535
WHITE_PERCENTILE = 99.99  # a few voxels of vessels or artefacts may not darken all others


def to_image(
    where: object, sequences: Mapping[str, np.ndarray], channels: Sequence[str] = LGG_CHANNELS, *, as_is: bool
) -> tuple[np.ndarray, tuple[str, ...]]:
    """(S, H, W, C) uint8 or uint16 from one (S, H, W) a sequence, and what a person should know of it.

    The main channel, which is given, stands in the place of a sequence that is missing, as FLAIR does in the LGG data
    set. Values are unchanged where they
    are whole numbers in 0 ... 255 (uint8), and where `as_is` and all are uint16. All else is scaled, each sequence
    by itself, to 0 ... 65535 (uint16): what is not finite becomes the lowest value, a lowest value below 0 becomes 0,
    the 99.99th percentile becomes 65535 and so does what lies above it.
    """
    given = [sequence for sequence in channels if sequence in sequences]
    main = channels[main_channel(channels)]
    stands_in = f"{in_words(main)} stands in its place"
    warnings = [f"{name} is missing: {stands_in}" for name in channels if name not in sequences]
    dtypes = {sequences[name].dtype.newbyteorder("=") for name in given}
    unchanged = np.uint16 if as_is and dtypes == {np.dtype(np.uint16)} else None
    if all(_fits_eight_bits(sequences[name]) for name in given):
        unchanged = unchanged or np.uint8
    image = np.empty((*sequences[main].shape, len(channels)), unchanged or np.uint16)
    for name in given:
        channel = image[..., channels.index(name)]
        if unchanged:
            channel[...] = sequences[name]
        else:
            warnings += _scale(where, name, sequences[name], channel)
        if channel.any() and channel.min() == channel.max():
            warnings.append(f"{name} is the same everywhere")
    for name in channels:
        if name not in sequences:
            image[..., channels.index(name)] = image[..., channels.index(main)]
    if not image.any():
        warnings.append("the scan holds no signal: all values are 0")
    else:
        warnings += [f"{name} is 0 everywhere" for name in given if not image[..., channels.index(name)].any()]
    return image, tuple(warnings)


def _fits_eight_bits(volume: np.ndarray) -> bool:
    """Whether all values are whole numbers in 0 ... 255; a slice at a time, for memory."""
    if volume.dtype == np.uint8:
        return True
    if volume.dtype.kind in "iu":
        return bool(volume.min() >= 0 and volume.max() <= 255)
    return all(bool(((plane >= 0) & (plane <= 255) & (plane == np.rint(plane))).all()) for plane in volume)


def _scale(where: object, name: str, volume: np.ndarray, channel: np.ndarray) -> list[str]:
    """Write the scaled volume into channel (S, H, W) uint16."""
    warnings = []
    if volume.dtype.kind == "f":
        finite = np.isfinite(volume)
        bad = volume.size - int(finite.sum())
        if bad == volume.size:
            raise UserError(f"{where}: {name} holds no finite value; expected numbers")
        if bad:
            warnings.append(f"{name} has {bad:,} values that are not finite: its lowest value stands in their place")
            volume = np.where(finite, volume, volume[finite].min())
        del finite
    low = float(volume.min())
    if low < 0:
        warnings.append(f"{name} has values down to {low:g}: its lowest value is taken as 0")
    shift = min(low, 0.0)
    white = float(np.percentile(volume, WHITE_PERCENTILE)) - shift
    if white <= 0:
        white = float(volume.max()) - shift or 1.0
    for plane, scaled in zip(volume, channel, strict=True):
        scaled[...] = np.rint(((plane.astype(np.float64) - shift) / white).clip(0, 1) * FULL_SCALE)
    return warnings
