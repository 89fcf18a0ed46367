"""Example slices of the best, the median and the worst patient, as the report shows them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle as CirclePatch

from brainseg.figures.poor_regions import poor_regions
from brainseg.figures.style import POOR, PREDICTION, TRUTH
from brainseg.metrics.overlap import dsc


@dataclass(frozen=True)
class Example:
    """A patient to show: one channel (S, H, W) uint8 or uint16, truth and prediction (S, H, W) bool.

    aspect: height of a pixel over its width.
    """

    label: str
    image: np.ndarray
    truth: np.ndarray
    prediction: np.ndarray
    aspect: float = 1.0


def example_slices(examples: Sequence[Example], slices_per_patient: int, title: str) -> Figure:
    """The channel with the truth's edge green, the prediction's red, and poor regions circled blue."""
    columns = slices_per_patient
    figure = Figure(figsize=(2.6 * columns, 2.9 * len(examples) + 0.7), layout="constrained", facecolor="white")
    grid = figure.subplots(len(examples), columns, squeeze=False)
    for row, example in zip(grid, examples, strict=True):
        numbers = telling_slices(example.truth, example.prediction, columns)
        for axes, number in zip(row, numbers, strict=False):
            _draw(axes, example, number)
        for axes in row[len(numbers) :]:
            axes.set_axis_off()
        row[0].set_ylabel(example.label, fontsize=9)
    lines = [Line2D([], [], color=TRUTH, label="truth"), Line2D([], [], color=PREDICTION, label="prediction")]
    lines.append(Line2D([], [], ls="", marker="o", ms=10, mfc="none", mec=POOR, label="clearly poor"))
    figure.legend(handles=lines, loc="outside lower center", ncols=3, frameon=False)
    figure.suptitle(title, x=0.01, ha="left")
    return figure


def telling_slices(truth: np.ndarray, prediction: np.ndarray, count: int) -> list[int]:
    """Up to `count` slice numbers, in anatomical order, from where the lesion or an error is.

    The slice with most lesion, the one with most errors, then the rest evenly spaced.
    """
    area, errors = truth.sum(axis=(1, 2)), (truth ^ prediction).sum(axis=(1, 2))
    shown = np.flatnonzero(area + errors)
    if len(shown) <= count:
        return shown.tolist() or [len(truth) // 2]
    chosen = [int(pixels.argmax()) for pixels in (area, errors) if pixels.any()][:count]
    for place in shown[np.linspace(0, len(shown) - 1, count + 2).astype(int)[1:-1]].tolist() + shown.tolist():
        if len(set(chosen)) == count:
            break
        chosen.append(place)
    return sorted(set(chosen))


def _draw(axes, example: Example, number: int) -> None:
    image, truth, prediction = example.image[number], example.truth[number], example.prediction[number]
    brightest = np.percentile(example.image, 99.95)  # else a few bright voxels would darken all others
    axes.imshow(image, cmap="gray", vmin=0, vmax=max(brightest, 1), aspect=example.aspect)
    for mask, colour in ((truth, TRUTH), (prediction, PREDICTION)):
        if mask.any():
            axes.contour(mask, [0.5], colors=[colour], linewidths=1.2)
    for circle in poor_regions(prediction, truth):
        axes.add_patch(CirclePatch((circle.column, circle.row), circle.radius_px, fill=False, color=POOR, lw=1.6))
    axes.set_title(f"slice {number + 1}, DSC {dsc(prediction, truth):.2f}", fontsize=8)
    axes.set_xticks([])
    axes.set_yticks([])
