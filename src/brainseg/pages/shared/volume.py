"""A volume to leaf through: its channels, masks and probabilities as the viewer's script reads them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from brainseg.figures.poor_regions import poor_regions
from brainseg.pages.shared.sprites import (
    LEVELS,
    columns,
    grey_sheet,
    mask_sheet,
    probability_sheet,
    shrunk,
    to_grey,
)


@dataclass(frozen=True)
class Volume:
    """image (S, H, W, C) of any numbers; masks (S, H, W) bool, probability (S, H, W) uint8 in steps of 1/255.

    channels: a name for each of C
    masks: name -> mask, such as truth and prediction; both together give the poor regions
    panes: the names of the masks of each picture, where several stand side by side; by default one with all
    probability: None where there is none
    pixel_aspect: height of a pixel over its width
    facts: label -> text, shown beside the picture
    """

    name: str
    image: np.ndarray
    channels: Sequence[str]
    masks: Mapping[str, np.ndarray]
    probability: np.ndarray | None = None
    pixel_aspect: float = 1.0
    facts: Mapping[str, str] = field(default_factory=dict)
    panes: Sequence[Sequence[str]] = ()


def to_viewer(volume: Volume, side_px: int) -> dict[str, Any]:
    """What the script reads, as plain values; slices longer than side_px are shown with every n-th pixel."""
    first = shrunk(volume.image[..., 0], side_px)
    slices, height, width = first.shape
    greys = [to_grey(shrunk(volume.image[..., place], side_px)) for place in range(volume.image.shape[-1])]
    return {
        "name": volume.name,
        "facts": [[label, text] for label, text in volume.facts.items()],
        "slices": slices,
        "height": height,
        "width": width,
        "columns": columns(slices),
        "aspect": volume.pixel_aspect,
        "panes": [list(names) for names in volume.panes or [volume.masks]],
        "step": max(1, round(volume.image.shape[1] / height)),
        "channels": [
            {"name": name, "white": white, "sheet": grey_sheet(grey)}
            for name, (grey, white) in zip(volume.channels, greys, strict=True)
        ],
        "masks": [
            {"name": name, "sheet": mask_sheet(shrunk(mask, side_px)), "areas": mask.sum(axis=(1, 2)).tolist()}
            for name, mask in volume.masks.items()
        ],
        "probability": None
        if volume.probability is None
        else {"sheet": probability_sheet(shrunk(volume.probability, side_px)), "levels": LEVELS},
        "poor": _poor(volume.masks),
    }


def _poor(masks: Mapping[str, np.ndarray]) -> list[list[float]]:
    """Slice, row, column and radius of each clearly poor region, in pixels of the whole slice."""
    if not {"truth", "prediction"} <= masks.keys():
        return []
    truth, prediction = masks["truth"], masks["prediction"]
    wrong = np.flatnonzero((truth ^ prediction).any(axis=(1, 2)))
    return [
        [int(place), round(circle.row, 1), round(circle.column, 1), round(circle.radius_px, 1)]
        for place in wrong
        for circle in poor_regions(prediction[place], truth[place])
    ]
