"""What two copies of a slice have in common, whatever was done to one of them.

A slice is brought into a frame of its own: the centre of the head is its centre, and the size of the head its size.
So shifts, margins and another pixel size change nothing. Grey values are replaced by their ranks within the head:
another brightness or contrast changes nothing either. The head's rim, which is alike in all people, is left out.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy import ndimage

from brainseg.audit.likeness.head import Heads, find_heads

SIDE_PX = 64  # of the frame
HALF_FRAME = 2.3  # in standard deviations of the head's pixels from its centre: the farthest edge of an oval head
RIM_PX = 4  # of the frame: skin and skull
FINE_PX, COARSE_PX = 1.0, 5.0  # detail between these standard deviations is compared


@dataclass(frozen=True)
class Fingerprint:
    """Of a patient's slices that show enough of the head.

    numbers: (n,) of the slices, counted from 1
    details: (n, SIDE_PX, SIDE_PX) float16; each has mean 0 and norm 1, so a product of two is their correlation
    """

    numbers: np.ndarray
    details: np.ndarray

    def detail(self, place: int) -> np.ndarray:
        """(SIDE_PX, SIDE_PX) float16 of the slice at a place in numbers."""
        return self.details[place]


def fingerprint(image: np.ndarray) -> Fingerprint:
    """Of an image (S, H, W, C) with any number of channels; n is 0 where no slice holds anything."""
    return fingerprint_of(find_heads(image))


def fingerprint_of(heads: Heads) -> Fingerprint:
    """Without the ends of the stack: small sections of the head look alike in all people."""
    details = {
        place + 1: detail
        for place in np.flatnonzero(heads.shown)
        if (detail := _detail(heads.signal[place], heads.inside[place])) is not None
    }
    shape = (len(details), SIDE_PX, SIDE_PX)
    return Fingerprint(np.array([*details], int), np.array([*details.values()], np.float16).reshape(shape))


def _detail(grey: np.ndarray, head: np.ndarray) -> np.ndarray | None:
    """(SIDE_PX, SIDE_PX) of a slice (H, W) and its head (H, W) bool; None where nothing varies within."""
    rows, columns = np.nonzero(head)
    centre = rows.mean() + 0.5, columns.mean() + 0.5
    half = HALF_FRAME * np.sqrt((rows.var() + columns.var()) / 2) + 0.5
    framed = _framed(grey, centre, half)
    mask = _framed(head.astype(np.float32), centre, half) > 0.5
    inner = ndimage.binary_erosion(mask, iterations=RIM_PX)
    if inner.sum() < 2 or np.ptp(framed[inner]) == 0:
        return None
    ranks = np.full(framed.shape, 0.5, np.float32)
    ranks[inner] = np.argsort(np.argsort(framed[inner], kind="stable")) / inner.sum()
    detail = ndimage.gaussian_filter(ranks, FINE_PX) - ndimage.gaussian_filter(ranks, COARSE_PX)
    detail = np.where(inner, detail, 0)
    detail -= detail.mean()
    return detail / np.linalg.norm(detail)


def _framed(picture: np.ndarray, centre: tuple[float, float], half: float) -> np.ndarray:
    """The square around the centre (row, column), in pixels from the picture's corner; outside the picture it is 0."""
    margin = int(np.ceil(half)) + 1
    padded = Image.fromarray(np.pad(picture.astype(np.float32), margin))
    row, column = centre[0] + margin, centre[1] + margin
    box = (column - half, row - half, column + half, row + half)
    return np.asarray(padded.resize((SIDE_PX, SIDE_PX), Image.Resampling.BILINEAR, box=box))
