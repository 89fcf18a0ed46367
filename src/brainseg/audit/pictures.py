"""The slices that findings are about, as PNG."""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage

from brainseg.data.raw import patients
from brainseg.parallel import parallel_map

SIDE_PX = 220  # height of a picture
MEAN, EACH = 0, -1  # instead of a channel
OUTLINE = (34, 221, 34)
LINE = 0.5  # grey
BRIGHT = 99.5  # percentile of a channel that is shown white


@dataclass(frozen=True)
class View:
    """One picture: a channel of a slice, both counted from 1. slice 0: where the lesion is largest, or the middle.

    channel: MEAN is the mean of all channels, EACH all of them side by side
    outline: the edge of the mask is drawn
    """

    patient: str
    slice: int = 0
    channel: int = MEAN
    outline: bool = False


def draw(views: Iterable[View], root: Path) -> dict[View, bytes]:
    """The PNG of each view; each patient is read once."""
    wanted: dict[str, list[View]] = {}
    for view in dict.fromkeys(views):
        wanted.setdefault(view.patient, []).append(view)
    drawn = parallel_map(partial(_draw_patient, root), [*wanted.items()], "drawing")
    return {view: png for of_patient in drawn for view, png in of_patient.items()}


def _draw_patient(root: Path, item: tuple[str, list[View]]) -> dict[View, bytes]:
    name, views = item
    image, mask = patients.read_images(root / name), patients.read_mask(root / name)
    return {view: _png(*_pixels(view, image, mask)) for view in views}


def shown_slice(mask: np.ndarray) -> int:
    """The place of the slice where a lesion (S, H, W) is largest, or of the middle one where there is none."""
    areas = mask.sum(axis=(1, 2))
    return int(areas.argmax()) if areas.any() else len(mask) // 2


def _pixels(view: View, image: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """Grey (H, W) in 0 ... 1, and the mask where its outline is wanted. A channel is scaled by its whole stack."""
    place = view.slice - 1 if view.slice else shown_slice(mask)
    channels = range(image.shape[3]) if view.channel in (MEAN, EACH) else [view.channel - 1]
    grey = []
    for channel in channels:
        dark, bright = float(image[..., channel].min()), float(np.percentile(image[..., channel], BRIGHT))
        grey.append(np.clip((image[place, ..., channel] - dark) / max(bright - dark, 1e-9), 0, 1))
    if view.channel == EACH:  # with a line between, else a black channel would not be noticed
        line = np.full((len(mask[0]), max(1, mask.shape[2] // 80)), LINE)
        return np.hstack([part for channel in grey for part in (channel, line)][:-1]), None
    mean = np.mean(grey, axis=0)
    return mean / max(float(mean.max()), 1e-9), mask[place] if view.outline else None


def _png(grey: np.ndarray, mask: np.ndarray | None) -> bytes:
    height, width = grey.shape
    scale = SIDE_PX / height
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    picture = Image.fromarray((255 * grey).astype(np.uint8)).resize(size, Image.Resampling.BICUBIC)
    if mask is not None and mask.any():
        inside = np.asarray(Image.fromarray(mask).resize(size, Image.Resampling.NEAREST))
        coloured = np.array(picture.convert("RGB"))
        coloured[inside & ~ndimage.binary_erosion(inside)] = OUTLINE
        picture = Image.fromarray(coloured)
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()
