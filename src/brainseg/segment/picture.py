"""A picture of a segmented scan: slices with the outline of the mask."""

import numpy as np
from matplotlib.figure import Figure

from brainseg.core.channels import in_words, main_channel
from brainseg.data.geometry import aspect_of
from brainseg.figures.style import PREDICTION
from brainseg.segment.segmenter import Segmentation

COLUMNS, ROWS = 4, 2


def picture(found: Segmentation) -> Figure:
    """Up to eight slices, evenly spaced over the lesion, or over the scan where no lesion was found."""
    image = found.scan.image[..., main_channel(found.scan.channels)]  # (S, H, W)
    shown = _slices(found.mask, COLUMNS * ROWS)
    aspect = aspect_of(found.scan.spacing_mm)
    figure = Figure(figsize=(2.4 * COLUMNS, 2.7 * ROWS + 0.6), layout="constrained", facecolor="white")
    brightest = max(np.percentile(image, 99.9), 1)  # else a few bright voxels would darken all others
    for axes in figure.subplots(ROWS, COLUMNS).flat:
        axes.set_axis_off()
        if shown:
            number = shown.pop(0)
            axes.imshow(image[number], cmap="gray", vmin=0, vmax=brightest, aspect=aspect)
            drawable = min(found.mask.shape[1:]) > 1  # an outline needs two rows and two columns
            if drawable and found.mask[number].any() and not found.mask[number].all():
                axes.contour(found.mask[number], [0.5], colors=[PREDICTION], linewidths=1.2)
            axes.set_title(f"slice {number + 1}", fontsize=8)
    figure.suptitle(_title(found), x=0.01, ha="left", fontsize=10)
    return figure


def _slices(mask: np.ndarray, count: int) -> list[int]:
    """Slice numbers in anatomical order, over the lesion's slices and one on either side."""
    occupied = np.flatnonzero(mask.any(axis=(1, 2)))
    first, last = (occupied[0] - 1, occupied[-1] + 1) if len(occupied) else (0, len(mask) - 1)
    first, last = max(first, 0), min(last, len(mask) - 1)
    return sorted({int(number) for number in np.linspace(first, last, count).round()})


def _title(found: Segmentation) -> str:
    size = "no lesion found"
    if found.mask.any():
        size = f"{int(found.mask.sum())} voxels" if found.volume_ml is None else f"{found.volume_ml:.1f} ml"
    expected = "" if found.predicted_dsc is None else f", expected DSC {found.predicted_dsc:.2f}"
    shown = in_words(found.scan.channels[main_channel(found.scan.channels)])
    return f"{found.scan.name}: {size}{expected}\n{shown}; red is the outline of the mask"
