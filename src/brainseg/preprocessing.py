"""The report's preprocessing of one patient, vectorised.

Source: the reference code the report was given (mateuszbuda/brain-segmentation-pytorch),
step by step: drop the first and last slice, blank the background, crop, pad, resize,
rescale by percentiles, z-score each channel. `z_score_over` is ours.
"""

from collections.abc import Sequence
from functools import reduce
from typing import Literal

import numpy as np
from pydantic import Field, model_validator
from scipy.ndimage import distance_transform_edt

from brainseg.core.channels import LGG_CHANNELS
from brainseg.core.params import StrictSettings
from brainseg.data.geometry import Geometry, aspect_of, slice_step_of
from brainseg.data.head import head_mask
from brainseg.data.preprocessed import FULL_SCALE, Preprocessed

STEPS = 2**20  # of a resized intensity between 0 and 1
LARGE = STEPS  # values of an image from which on a table of all steps takes less time than the values themselves
INTERIOR_DEPTH = 0.1  # of the side: skull, scalp and the cortex below it are nearer to the surface of the head


class PreprocessSettings(StrictSettings):
    side_px: int = Field(ge=16, le=2048)
    background: float = Field(ge=0, lt=1)
    low_percentile: float = Field(ge=0, lt=100)
    high_percentile: float = Field(gt=0, le=100)
    z_score_over: Literal["volume", "head_interior"] = "volume"  # the report has volume

    @model_validator(mode="after")
    def _in_order(self) -> "PreprocessSettings":
        if self.low_percentile >= self.high_percentile:
            raise ValueError(f"low_percentile is {self.low_percentile}; expected below high_percentile")
        return self


def preprocess(
    image: np.ndarray,
    mask: np.ndarray,
    settings: PreprocessSettings,
    spacing_mm: tuple[float, float, float] | None = None,
    channels: Sequence[str] = LGG_CHANNELS,
) -> Preprocessed:
    """Preprocess image (S, H, W, C) uint8 or uint16 and mask (S, H, W) bool of one patient.

    spacing_mm: between slices, rows and columns, where it is known; pixels that are not square become square.
    channels: the names of the C.
    All statistics (background, box, percentiles, mean) come from the slices that the report
    retains. The other slices are transformed with the same numbers, so that they can be predicted.
    Intensities have no unit: 16-bit images are scaled by their maximum, since scanners use a part of the range.
    An image that is 0 everywhere keeps its whole grid and becomes 0.
    """
    count, height, width, _ = image.shape
    retained = np.ones(count, bool)
    if count > 2:
        retained[[0, -1]] = False
    foreground = image * (image >= image[retained].max() * settings.background)

    brightest = reduce(np.maximum, np.moveaxis(foreground, 3, 0))  # ten times as fast as max(axis=3)
    used = brightest * retained[:, None, None]  # (S, H, W)
    if used.any():
        first, end = _bounds(used.any(axis=(1, 2)))
        retained = (np.arange(count) >= first) & (np.arange(count) < end)
        box = *_bounds(used.any(axis=(0, 2))), *_bounds(used.any(axis=(0, 1)))
    else:
        box = 0, height, 0, width
    geometry = Geometry(height, width, *box, aspect_of(spacing_mm), slice_step_of(spacing_mm))

    highest = foreground[retained].max()
    white = 255 if image.dtype == np.uint8 else max(highest, 1)
    steps, run = _resize(foreground, white, geometry, settings.side_px), slice(*_bounds(retained))
    # splines overshoot; scikit-image clips to the range of its input volume
    stored = _rescale(steps, run, highest / white, settings)
    voxels = stored[run]
    if settings.z_score_over == "head_interior":
        voxels = voxels[head_interior(voxels > settings.background * FULL_SCALE)]  # resizing leaves ripples outside
    mean, std = _exact_mean_and_std(voxels)
    return Preprocessed(
        image=stored,
        mask=geometry.to_square(mask, settings.side_px, order=0),
        mean=mean,
        std=np.where(std > 0, std, 1.0),  # a constant channel is not scaled
        retained=retained,
        geometry=geometry,
        channels=tuple(channels),
    )


def _resize(foreground: np.ndarray, white: float, geometry: Geometry, side_px: int) -> np.ndarray:
    """Intensities (S, H, W, C) of at most `white`, resized to (S, n, n, C) int32 in 0 ... STEPS.

    The order of summation in a matrix product depends on the processor. The last digits are rounded off, and all
    later steps are exact, so the values are the same on all processors.
    """
    steps = np.empty((len(foreground), side_px, side_px, foreground.shape[3]), np.int32)
    for slice_steps, slice_ in zip(steps, foreground, strict=True):  # a slice at a time stays in the processor's cache
        channels = np.ascontiguousarray(slice_.transpose(2, 0, 1)) / white
        resized = geometry.to_square(channels, side_px, order=2)
        resized *= STEPS
        np.rint(resized, out=resized).clip(0, STEPS, out=resized)
        for channel, values in enumerate(resized):
            slice_steps[..., channel] = values
    return steps


def _rescale(steps: np.ndarray, run: slice, brightest: float, settings: PreprocessSettings) -> np.ndarray:
    """Intensities in steps, at most `brightest`, so that the percentiles over the slices of `run` are 0 and FULL_SCALE.

    The percentiles are over the channels together. The new value is a function of the step alone.
    """
    large = steps.size > LARGE
    intensities = np.minimum((np.arange(STEPS + 1) if large else steps) / STEPS, brightest)
    percentiles = settings.low_percentile, settings.high_percentile
    if large:
        counts = np.bincount(steps[run].ravel(), minlength=len(intensities))
        low, high = (percentile_of_counts(intensities, counts, percentile) for percentile in percentiles)
    else:
        low, high = np.percentile(intensities[run], percentiles)
    rescaled = (intensities.clip(low, high) - low) / (high - low if high > low else 1)
    stored = np.round(rescaled * FULL_SCALE).astype(np.uint16)
    return stored[steps] if large else stored


def percentile_of_counts(values: np.ndarray, counts: np.ndarray, percentile: float) -> float:
    """np.percentile of (N,) ascending values, each as often as its count says, to the last digit and without a sort."""
    upto = np.cumsum(counts)
    place = (upto[-1] - 1) * (percentile / 100)
    lower = np.floor(place)
    neighbours = np.searchsorted(upto, [lower, lower + 1], side="right").clip(max=len(values) - 1)
    below, above = values[neighbours].tolist()
    share = place - lower
    # NumPy interpolates from the nearer of the two
    return below + (above - below) * share if share < 0.5 else above - (above - below) * (1 - share)


def head_interior(foreground: np.ndarray) -> np.ndarray:
    """(S, n, n) bool, the voxels far from the surface of the head, of (S, n, n, C) bool, where a channel has signal.

    The brightness of scalp and skull differs between scanners by more than that of the brain, and background is as
    large as the image is wide. Statistics of the interior depend on neither. An image without an interior, for
    example an empty one, is used whole.
    """
    # padded, since a head that touches the border has its surface there
    depths_px = [distance_transform_edt(np.pad(head, 1))[1:-1, 1:-1] for head in head_mask(foreground)]
    interior = np.stack(depths_px) > INTERIOR_DEPTH * foreground.shape[1]
    return interior if interior.any() else np.ones_like(interior)


def _exact_mean_and_std(stored: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each channel of (..., C) in 0 ... 1, (C,) float64, from sums of integers."""
    value = np.arange(FULL_SCALE + 1)
    means, stds = [], []
    for channel in np.moveaxis(stored, -1, 0):
        counts = np.bincount(channel.ravel(), minlength=len(value))
        count, total, squares = channel.size, int(counts @ value), int(counts @ value**2)
        means.append(total / count / FULL_SCALE)
        stds.append(np.sqrt(float(squares * count - total**2)) / count / FULL_SCALE)  # of integers of any length
    return np.array(means), np.array(stds)


def _bounds(used: np.ndarray) -> tuple[int, int]:
    """Half-open bounds of the True entries of a (N,) bool array."""
    places = np.flatnonzero(used)
    return int(places[0]), int(places[-1]) + 1
