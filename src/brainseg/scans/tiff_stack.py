"""TIFF files with many pages, one a slice."""

import io
import logging
import zlib
from pathlib import Path

import numpy as np

from brainseg.core.errors import UserError
from brainseg.scans.packages import import_for
from brainseg.scans.volumes.resampling import check_size

logging.getLogger("tifffile").addHandler(logging.NullHandler())  # what it logs is said in one line of ours


def page_count(path: Path) -> int:
    """The number of images in a TIFF file, from its directory alone; 0 for a file that cannot be read as TIFF."""
    try:
        tifffile = import_for("reading TIFF", "tifffile", "tifffile")
        with tifffile.TiffFile(path) as file:
            return len(file.pages)
    except Exception:  # what is wrong with the file is said when it is read
        return 0


def read_stack(path: Path) -> np.ndarray:
    """(S, H, W, 3), or (S, H, W) of grey pages, uint8 or uint16; UserError for any other file."""
    if page_count(path) < 2:
        from brainseg.scans.slices import read_slices

        return read_slices([path])[0]
    try:
        return _read_pages(path)
    except Exception as error:  # a damaged file can raise many types
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UserError(f"{path}: cannot be read as TIFF ({reason[:200]})") from None


def _read_pages(path: Path) -> np.ndarray:
    tifffile = import_for("reading TIFF", "tifffile", "tifffile")
    content = path.read_bytes()
    with tifffile.TiffFile(io.BytesIO(content)) as file:
        first = file.pages.first
        shape, dtype = first.shape, first.dtype
        if dtype not in (np.uint8, np.uint16):
            raise ValueError(f"is {dtype}; expected 8 or 16 bit without sign")
        if len(shape) != 2 and not (len(shape) == 3 and shape[2] == 3):
            raise ValueError(f"has pages of {shape}; expected (H, W, 3), or (H, W) for one sequence")
        check_size(path, (len(file.pages), *shape))
        array = np.empty((len(file.pages), *shape), dtype.newbyteorder("="))
        for number, page in enumerate(file.pages):
            if page.shape != shape or page.dtype != dtype:
                was = f"{page.shape} of {page.dtype}"
                raise ValueError(f"page {number + 1} is {was}; expected {shape} of {dtype}, as the first page")
            _refuse_bombs(tifffile.COMPRESSION, content, page)
            array[number] = page.asarray()
    return array


def _refuse_bombs(known: type, content: bytes, page: object) -> None:
    """Refuse strips that unpack to far more than the page: kilobytes can unpack to gigabytes."""
    if page.compression in (known.NONE, known.PACKBITS, known.LZW):
        return  # for these the unpacked size is limited by the file's size
    if page.compression not in (known.ADOBE_DEFLATE, known.DEFLATE):
        raise ValueError(f"is packed with {page.compression.name}; expected none, PackBits, LZW or deflate")
    limit = left = 2 * page.size * page.dtype.itemsize + 2**16  # twice: strips may be padded
    for offset, count in zip(page.dataoffsets, page.databytecounts, strict=True):
        left -= len(zlib.decompressobj().decompress(content[offset : offset + count], left))
        if left <= 0:  # for zlib 0 means no limit
            raise ValueError(f"unpacks to over {limit} bytes, more than its pixels are")


def write_stack(path: Path, pages: np.ndarray) -> None:
    """Write (S, H, W) uint8 as one page a slice; the same pixels give the same bytes."""
    tifffile = import_for("writing TIFF", "tifffile", "tifffile")
    tifffile.imwrite(path, pages, photometric="minisblack", metadata=None, software=False)
