"""A slice as few pixels: the channel in grey, with the outlines of the truth and of the prediction."""

from collections.abc import Mapping

import numpy as np
from matplotlib.colors import to_rgb
from PIL import Image
from rich.text import Text
from scipy.ndimage import binary_erosion, uniform_filter

from brainseg.figures.style import PREDICTION, TRUTH

BOTH = "#ffe066"  # the brightest of the three, as green is brighter than red: told apart without seeing hues
WORDS = {TRUTH: "truth", PREDICTION: "prediction", BOTH: "both"}
HEAD = 0.12  # of the brightest, as the mean of neighbours: darker is air, which has noise
TALLEST = 1.25  # pixels high, in widths


def largest_lesion(truth: np.ndarray, prediction: np.ndarray) -> int:
    """The slice with most of the true lesion; without one, with most of the predicted; else the middle one."""
    for mask in (truth, prediction):  # (S, H, W) bool
        if mask.any():
            return int(mask.sum(axis=(1, 2)).argmax())
    return len(truth) // 2


def white(image: np.ndarray) -> float:
    """The grey level that is shown as white: a few brighter voxels would darken all others."""
    return max(float(np.percentile(image, 99.9)), 1)


def slice_pixels(
    image: np.ndarray, truth: np.ndarray, prediction: np.ndarray, brightest: float, width: int, aspect: float = 1.0
) -> np.ndarray:
    """Pixels (H', width, 3) uint8 of one slice, cut to the head.

    image: (H, W), shown as white at `brightest`; truth, prediction: (H, W) bool, all False where there is none
    width: at most so many pixels; fewer where the head is tall
    aspect: height of a pixel over its width
    """
    bright = uniform_filter(image.astype(np.float32), max(3, image.shape[1] // 16)) > HEAD * brightest
    box = _box(bright | truth | prediction)
    height_px, width_px = image[box].shape[0] * aspect, image[box].shape[1]
    width = max(1, min(width, round(width * TALLEST * width_px / height_px)))
    size = width, max(1, round(width * height_px / width_px))
    grey = (_resized(image[box], size) / brightest).clip(0, 1) * 255
    pixels = np.repeat(grey.round().astype(np.uint8)[..., None], 3, axis=2)
    true_edge, predicted_edge = (_edge(_shrunk(mask[box], size)) for mask in (truth, prediction))
    for place, colour in ((true_edge, TRUTH), (predicted_edge, PREDICTION), (true_edge & predicted_edge, BOTH)):
        pixels[place] = np.round(np.array(to_rgb(colour)) * 255)
    return pixels


def legend(channel: str, words: Mapping[str, str] = WORDS) -> Text:
    """words: what each colour is the outline of."""
    text = Text(f"{channel}; outlines: ")
    for number, (colour, word) in enumerate(words.items()):
        text.append(", " if number else "").append("■ ", colour).append(word)
    return text


def _box(shown: np.ndarray) -> tuple[slice, slice]:
    """The smallest that holds all True, with a pixel around it; everything where nothing is True."""
    if not shown.any():
        return slice(None), slice(None)
    rows, columns = np.flatnonzero(shown.any(axis=1)), np.flatnonzero(shown.any(axis=0))
    return slice(max(rows[0] - 1, 0), rows[-1] + 2), slice(max(columns[0] - 1, 0), columns[-1] + 2)


def _resized(plane: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The mean over the area of each new pixel; size: (width, height)."""
    return np.asarray(Image.fromarray(plane.astype(np.float32)).resize(size, Image.Resampling.BOX))


def _shrunk(mask: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Pixels that are covered by half; of a smaller lesion, the one that it covers most."""
    covered = _resized(mask, size)
    return covered >= min(0.5, covered.max()) if mask.any() else covered > 1


def _edge(mask: np.ndarray) -> np.ndarray:
    return mask & ~binary_erosion(mask)
