"""Reads TIFF files with checks: any file gives either pixels or a UserError."""

import io
import logging
import lzma
import zlib
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import tifffile

from brainseg.core.errors import UserError

MAX_SIDE_PX = 8192  # a slice is a few hundred; a damaged header can declare a size beyond the memory
# for these the unpacked size is limited by the file's size
BOUNDED = (tifffile.COMPRESSION.NONE, tifffile.COMPRESSION.PACKBITS, tifffile.COMPRESSION.LZW)
MAX_BYTES = 8 * MAX_SIDE_PX**2  # 16 bit and four channels without compression
ORIENTATIONS = {  # value of the tag -> rows and columns swapped, rows reversed, columns reversed
    1: (False, False, False),
    2: (False, False, True),
    3: (False, True, True),
    4: (False, True, False),
    5: (True, False, False),
    6: (True, False, True),
    7: (True, True, True),
    8: (True, True, False),
}
REPLACEMENT = "\N{REPLACEMENT CHARACTER}".encode()

logging.getLogger("tifffile").addHandler(logging.NullHandler())  # its warnings are replaced by one line of this module


def read_tiff(path: Path) -> np.ndarray:
    """The pixels of a file with one image of 8 or 16 bit, (H, W) or (H, W, C) uint8 or uint16.

    They are as a viewer shows them: bright is high, also where the file counts from white, and the orientation tag is
    applied. Other colours than grey and RGB are refused.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise UserError(f"{path}: is {size / 1e6:,.0f} MB; a slice has at most {MAX_BYTES / 1e6:,.0f} MB")
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    if _went_through_text_mode(content):
        raise UserError(f"{path}: was copied as text, which replaced bytes by EF BF BD; copy it again as binary")
    try:
        return _decode(content)
    except Exception as error:  # a damaged TIFF can raise many types of error
        text = " ".join(str(error).split())
        reason = (
            text if text and not text.isdigit() else f"{type(error).__name__} {text}".strip()
        )  # of KeyError(0): "0"
        raise UserError(f"{path}: cannot be read as TIFF ({reason[:200]})") from None


def _went_through_text_mode(content: bytes) -> bool:
    """Valid UTF-8 with replacement characters: the pixels of an undamaged image hardly ever have this form."""
    if REPLACEMENT not in content:
        return False
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _decode(content: bytes) -> np.ndarray:
    with tifffile.TiffFile(io.BytesIO(content)) as file:
        if not len(file.pages):
            raise ValueError("holds no image")
        page = file.pages.first
        if len(file.pages) != 1:
            raise ValueError(f"holds {len(file.pages)} images; expected one slice a file")
        if max(page.shape, default=0) > MAX_SIDE_PX or page.size > 4 * MAX_SIDE_PX**2:
            raise ValueError(f"says it is {page.shape} pixels; at most {MAX_SIDE_PX} a side")
        if page.dtype not in (np.uint8, np.uint16):
            raise ValueError(f"is {page.dtype}; expected 8 or 16 bit without sign")
        if page.compression == tifffile.COMPRESSION.LZW and find_spec("imagecodecs") is None:
            raise ValueError("is packed with LZW; install the package imagecodecs, or save it without compression")
        _refuse_other_colours(page)
        _refuse_bombs(content, page)
        pixels = page.asarray(maxworkers=1)  # more start threads for each slice, which take longer than its strips
        if pixels.size == 0:
            raise ValueError("holds no pixels")
        if page.photometric == tifffile.PHOTOMETRIC.MINISWHITE:
            pixels = 2**page.bitspersample - 1 - pixels
        return _upright(pixels, page)


def _refuse_other_colours(page: tifffile.TiffPage) -> None:
    photometric = tifffile.PHOTOMETRIC
    if "PhotometricInterpretation" not in page.tags:
        raise ValueError("does not say whether it is grey or RGB; save it anew")
    if page.photometric not in (photometric.MINISWHITE, photometric.MINISBLACK, photometric.RGB):
        name = getattr(page.photometric, "name", page.photometric)
        raise ValueError(f"is {name}; expected grey or RGB")


def _upright(pixels: np.ndarray, page: tifffile.TiffPage) -> np.ndarray:
    tag = page.tags.get("Orientation")
    orientation = tag.value if tag else 1
    if orientation not in ORIENTATIONS:
        raise ValueError(f"has the orientation {orientation}; expected 1 to 8")
    swapped, rows_reversed, columns_reversed = ORIENTATIONS[orientation]
    if swapped:
        pixels = pixels.swapaxes(0, 1)
    pixels = pixels[::-1] if rows_reversed else pixels
    pixels = pixels[:, ::-1] if columns_reversed else pixels
    return np.ascontiguousarray(pixels)


def _refuse_bombs(content: bytes, page: tifffile.TiffPage) -> None:
    """Refuse strips that unpack to far more than the image: kilobytes can unpack to gigabytes."""
    limit = left = 2 * page.size * page.dtype.itemsize + 2**16  # twice: strips may be padded
    for offset, count in zip(page.dataoffsets, page.databytecounts, strict=True):
        packed = content[offset : offset + count]
        if page.compression in (tifffile.COMPRESSION.ADOBE_DEFLATE, tifffile.COMPRESSION.DEFLATE):
            left -= len(zlib.decompressobj().decompress(packed, left))
        elif page.compression == tifffile.COMPRESSION.LZMA:
            left -= len(lzma.LZMADecompressor().decompress(packed, left))
        elif page.compression not in BOUNDED:
            raise ValueError(f"is packed with {page.compression.name}; expected none, PackBits, LZW, deflate or LZMA")
        if left <= 0:  # for zlib 0 means no limit
            raise ValueError(f"unpacks to over {limit} bytes, more than its pixels are")
