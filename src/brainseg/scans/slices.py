"""Scans in pictures: a folder of PNG, JPEG or TIFF files, one a slice."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from brainseg.core.errors import UserError
from brainseg.scans.packages import import_for
from brainseg.scans.volumes.resampling import MAX_SIDE_PX, check_size

PICTURES = (".png", ".jpg", ".jpeg")
TIFFS = (".tif", ".tiff")
MASK = re.compile(r".*[_-](mask|seg|probability|picture)", re.IGNORECASE | re.DOTALL)  # no part of a scan
EQUAL = "its three channels are equal: a grey picture saved as colour? Three sequences are expected"


def slice_files(folder: Path, suffixes: Sequence[str]) -> list[Path]:
    """The slices in a folder in the order of the numbers in their names, masks and hidden files left out."""
    found = [
        path
        for path in folder.iterdir()
        if path.suffix.lower() in suffixes and not path.name.startswith(".") and not MASK.fullmatch(path.stem)
    ]
    return sorted(found, key=natural_order)


def natural_order(path: Path) -> tuple:
    """slice_2 before slice_10."""
    parts = re.split(r"(\d+)", path.name)
    return tuple((int(part), "") if part.isdecimal() else (-1, part.lower()) for part in parts), path.name


def check_numbers(files: Sequence[Path]) -> tuple[str, ...]:
    """What a person should know of the numbers in the slices' names; UserError where they are of several scans."""
    if len(files) == 1:
        return ()
    parts = [re.split(r"(\d+)", path.stem.lower()) for path in files]
    names = sorted({"#".join(part[::2]) for part in parts})
    if len(names) > 1:
        shown = ", ".join(repr(name) for name in names[:3])
        raise UserError(f"{files[0].parent}: holds slices of {len(names)} names: {shown}; expected one scan a folder")
    numbers = np.array([[int(number) for number in part[1::2]] for part in parts])  # (S, numbers of a name)
    counting = numbers[:, (numbers != numbers[0]).any(axis=0)]
    if counting.shape[1] > 1:
        raise UserError(
            f"{files[0].parent}: its slices differ in {counting.shape[1]} numbers; expected one scan a folder"
        )
    steps = np.diff(counting[:, 0]) if counting.size else np.zeros(1)
    if not steps.all():
        same = int(np.flatnonzero(steps == 0)[0])
        raise UserError(f"{files[same + 1]}: has the number of {files[same].name}; expected each once")
    missing = int((steps - 1).sum())
    first_and_last = f"slices are numbered from {counting[0, 0]} to {counting[-1, 0]}"
    return (f"{first_and_last} and {missing} of them are missing",) if missing else ()


def read_slices(files: Sequence[Path]) -> tuple[np.ndarray, tuple[str, ...]]:
    """(S, H, W, 3), or (S, H, W) of grey pictures, uint8 or uint16; and what a person should know of it.

    All files have one size, one number of channels and one type; UserError otherwise.
    """
    warnings = check_numbers(files)
    array: np.ndarray | None = None
    for number, path in enumerate(files):
        pixels = read_picture(path) if path.suffix.lower() in PICTURES else _read_tiff_slice(path)
        if array is None:
            check_size(path.parent, (len(files), *pixels.shape))
            array = np.empty((len(files), *pixels.shape), pixels.dtype)
        elif pixels.shape != array.shape[1:] or pixels.dtype != array.dtype:
            expected = f"{_words(array[0])}, as {files[0].name}"
            raise UserError(f"{path}: is {_words(pixels)}; expected {expected}")
        array[number] = pixels
    assert array is not None, "find_scans names no folder without slices"
    return array, (*warnings, *colour_warnings(array))


def colour_warnings(array: np.ndarray) -> tuple[str, ...]:
    if array.ndim == 4 and array.any() and all(bool((plane == plane[..., :1]).all()) for plane in array):
        return (EQUAL,)
    return ()


def read_picture(path: Path) -> np.ndarray:
    """The pixels of a PNG or JPEG file, (H, W) or (H, W, 3) uint8 or uint16. UserError for palettes, alpha, 1 bit."""
    image_module = import_for("reading pictures", "PIL.Image", "pillow")
    try:
        with image_module.open(path, formats=("PNG", "JPEG")) as picture:
            if max(picture.size) > MAX_SIDE_PX:
                raise ValueError(f"says it is {picture.size} pixels; at most {MAX_SIDE_PX} a side")
            return _pixels(path, picture)
    except Exception as error:  # a damaged file can raise many types
        reason = " ".join(str(getattr(error, "strerror", None) or error).split()) or type(error).__name__
        raise UserError(f"{path}: cannot be read as PNG or JPEG ({reason[:200]})") from None


def _pixels(path: Path, picture: "object") -> np.ndarray:
    mode = picture.mode
    if mode in ("RGBA", "LA"):
        if picture.getchannel("A").getextrema()[0] < 255:
            raise ValueError("has transparent pixels; save it without an alpha channel")
        picture = picture.convert(mode.removesuffix("A"))
    elif mode == "RGB" and picture.format == "PNG" and _png_bits(path) == 16:
        raise ValueError("has 16 bits a channel in colour, which is read as 8; save it as TIFF")
    elif mode not in ("L", "RGB") and not mode.startswith("I;16"):
        names = {"P": "has a palette", "1": "has 1 bit a pixel"}
        raise ValueError(f"{names.get(mode, f'is in mode {mode}')}; expected grey or RGB of 8 bit, or grey of 16 bit")
    pixels = np.asarray(picture)
    return pixels.astype(np.uint16) if mode.startswith("I;16") else pixels


def _png_bits(path: Path) -> int:
    with path.open("rb") as file:
        return file.read(25)[24]  # of the IHDR chunk, which is the first


def _read_tiff_slice(path: Path) -> np.ndarray:
    from brainseg.data.raw.tiff import read_tiff

    pixels = read_tiff(path)
    if pixels.ndim != 2 and not (pixels.ndim == 3 and pixels.shape[2] == 3):
        raise UserError(f"{path}: is {pixels.shape}; expected (H, W, 3), or (H, W) for one sequence")
    return pixels


def _words(pixels: np.ndarray) -> str:
    colour = "RGB" if pixels.ndim == 3 else "grey"
    return f"{pixels.shape[0]} × {pixels.shape[1]} pixels, {colour}, {pixels.dtype}"


def write_png(path: Path, pixels: np.ndarray) -> None:
    """Write (H, W) uint8; the same pixels give the same bytes."""
    image_module = import_for("writing pictures", "PIL.Image", "pillow")
    image_module.fromarray(pixels).save(path, format="PNG")
