"""Volumes as pictures for a browser: all slices of a volume side by side in one file, as text in base64."""

import base64
import math
from io import BytesIO

import numpy as np
from PIL import Image

QUALITY, METHOD = 40, 2  # of WebP: on LGG slices the mean error is 3 of 255 grey levels; 4 takes twice as long
LEVELS = 15  # steps of a probability; 16 values are 4 bits a pixel
BRIGHTEST_PERCENT = 99.95  # else a few bright voxels would darken all others


def columns(slices: int) -> int:
    """Slices side by side; the rows below each other are about as many."""
    return math.ceil(math.sqrt(slices))


def side_by_side(volume: np.ndarray) -> np.ndarray:
    """(S, H, W) as one picture (rows * H, columns * W), slice by slice along the rows; the rest is 0."""
    slices, height, width = volume.shape
    across = columns(slices)
    down = -(-slices // across)
    sheet = np.zeros((down * across, height, width), volume.dtype)
    sheet[:slices] = volume
    return sheet.reshape(down, across, height, width).transpose(0, 2, 1, 3).reshape(down * height, across * width)


def to_grey(channel: np.ndarray) -> tuple[np.ndarray, float]:
    """(S, H, W) of any numbers as uint8, 0 is black; and the intensity of white, below which 99.95 % are.

    Values below 0 are black. An empty channel is black, and its white is 1.
    """
    white = max(float(np.percentile(channel, BRIGHTEST_PERCENT)), 0.0) or 1.0
    return (channel.astype(np.float32) * (255 / white)).clip(0, 255).round().astype(np.uint8), white


def shrunk(volume: np.ndarray, side_px: int) -> np.ndarray:
    """Every n-th pixel of (S, H, W), the smallest n so that neither side is longer than side_px."""
    step = max(1, -(-max(volume.shape[1:]) // side_px))
    return volume[:, ::step, ::step]


def grey_sheet(volume: np.ndarray) -> str:
    """(S, H, W) uint8 as WebP, slightly lossy."""
    return _encoded(Image.fromarray(side_by_side(volume)), "WEBP", quality=QUALITY, method=METHOD)


def mask_sheet(mask: np.ndarray) -> str:
    """(S, H, W) bool as PNG, one bit a pixel."""
    return _encoded(Image.fromarray(side_by_side(mask)), "PNG", optimize=True)


def probability_sheet(probability: np.ndarray) -> str:
    """(S, H, W) uint8 in steps of 1/255 as PNG in steps of 1/15, four bits a pixel."""
    levels = (probability.astype(np.uint16) * LEVELS + 127) // 255
    picture = Image.fromarray(side_by_side(levels.astype(np.uint8)), "L").convert("P")
    picture.putpalette([level * 255 // LEVELS for level in range(LEVELS + 1) for _ in range(3)])
    return _encoded(picture, "PNG", bits=4, optimize=True)


def _encoded(picture: Image.Image, kind: str, **options: int | bool) -> str:
    buffer = BytesIO()
    picture.save(buffer, kind, **options)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(buffer.getvalue()).decode()}"
