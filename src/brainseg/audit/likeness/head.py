"""The head in a stack of slices: where there is signal, and what that encloses."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

LEAST_HEAD = 0.25  # of the stack's largest section of the head
WORK_PX = 128  # the head is found on slices thinned to about this side
BRIGHT = 99.0  # percentile of the voxels that are not air: a few bright voxels do not count
THINNED = 4  # every fourth row and column is enough for a percentile
BINS = 64  # of the histogram that Otsu's threshold is found in
DARK_TISSUE = 0.7  # of Otsu's threshold, which often lies between dark and bright tissue


def signal(image: np.ndarray) -> np.ndarray:
    """(S, H, W) float32: how far voxels are from air, averaged over the channels of an image (S, H, W, C).

    Air is the median of the images' edges: in most channels dark, in some grey or bright. In each channel bright tissue
    is 1. A channel of one value does not count.
    """
    found, channels = np.zeros(image.shape[:3], np.float32), 0
    for channel in range(image.shape[3]):
        values = image[..., channel].astype(np.float32)
        edges = (values[:, 0], values[:, -1], values[:, :, 0], values[:, :, -1])
        distance = np.abs(values - np.median(np.concatenate([edge.ravel() for edge in edges])))
        thinned = distance[:, ::THINNED, ::THINNED]
        tissue = thinned[thinned > 0]
        bright = np.percentile(tissue, BRIGHT) if len(tissue) else distance.max()
        if bright:
            found += distance / bright
            channels += 1
    return found / max(channels, 1)


def head_threshold(stack: np.ndarray) -> float:
    """Of a signal (S, H, W): air is below it, dark tissue above.

    Otsu's threshold (IEEE Transactions on Systems, Man and Cybernetics 1979) of the signal's square root, in which the
    noise of air and the tissue are more alike in width, and DARK_TISSUE of that.
    """
    counts, edges = np.histogram(np.sqrt(stack.clip(0, 1)), BINS, (0, 1))
    centres = (edges[:-1] + edges[1:]) / 2
    below, above = counts.cumsum(), counts[::-1].cumsum()[::-1]
    mean_below = (counts * centres).cumsum() / np.maximum(below, 1)
    mean_above = (counts * centres)[::-1].cumsum()[::-1] / np.maximum(above, 1)
    between = below[:-1] * above[1:] * (mean_below[:-1] - mean_above[1:]) ** 2
    return float((DARK_TISSUE * edges[1:-1][between.argmax()]) ** 2)


def regions(stack: np.ndarray) -> np.ndarray:
    """(S, H, W) bool: the largest region of a signal (S, H, W) above the threshold in each slice, without holes."""
    found = stack > head_threshold(stack)
    for place in np.flatnonzero(found.any(axis=(1, 2))):
        labels, count = ndimage.label(found[place])
        if count > 1:
            found[place] = labels == np.bincount(labels.ravel())[1:].argmax() + 1
        found[place] = ndimage.binary_fill_holes(found[place])
    return found


@dataclass(frozen=True)
class Heads:
    """Of a stack (S, H, W), on every `step`-th row and column: the signal, and whether a voxel is of the head."""

    signal: np.ndarray
    inside: np.ndarray
    step: int

    @property
    def shown(self) -> np.ndarray:
        """(S,) bool: slices that show enough of the head, as against the stack's ends."""
        area = self.inside.sum(axis=(1, 2))
        return area > LEAST_HEAD * area.max()

    def on_grid(self, height: int, width: int) -> np.ndarray:
        """(S, height, width) bool: `inside` on the stack's own grid."""
        return self.inside.repeat(self.step, axis=1).repeat(self.step, axis=2)[:, :height, :width]


def find_heads(image: np.ndarray) -> Heads:
    """Of an image (S, H, W, C)."""
    step = max(1, round(max(image.shape[1:3]) / WORK_PX))
    stack = signal(image[:, ::step, ::step])
    return Heads(stack, regions(stack), step)
