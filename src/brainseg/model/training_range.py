"""Does a scan look like those that the network was trained on? A few features, and their range over training patients.

A feature outside its range becomes a warning. The ranges are the smallest and the largest value of the training
patients, so a new patient like them is outside one range with a chance of 2 / (n + 1). Measured on the LGG set:
docs/how-to/new-scans.md.
"""

from collections.abc import Iterable, Mapping

import numpy as np
from pydantic import model_validator

from brainseg.core.channels import in_words, main_channel
from brainseg.core.params import StrictSettings
from brainseg.data.preprocessed import FULL_SCALE, Preprocessed

HEAD_LEVEL = 0.05  # of the rescaled intensity, in 0 ... 1: above it is head

# feature -> what to look at when it is outside the range
MEANING = {
    "head_share": "the share of the image that is head",
    "mirror_symmetry": "left-right symmetry; a scan that is turned by 90 degrees has little",
    "vertical_centre": "the height of the head's centre; a scan that is upside down has it on the other side",
    "square_px": "the size of the head in pixels",
}
OF_CHANNEL = {"mean": "the mean {} intensity", "contrast": "the spread of the {} intensity"}


class Range(StrictSettings):
    low: float
    high: float

    @model_validator(mode="after")
    def _in_order(self) -> "Range":
        if self.low > self.high:
            raise ValueError(f"low is {self.low}; expected at most high, {self.high}")
        return self


def features(patient: Preprocessed) -> dict[str, float]:
    """The features of a patient's retained slices; {} for a scan without signal.

    They are of FLAIR, or of the first channel where there is no FLAIR: flair_mean, or t1_mean.
    """
    main = main_channel(patient.channels)
    name = patient.channels[main]
    image = patient.image[patient.retained][..., main].astype(np.float32) / FULL_SCALE  # (S, n, n)
    mean = image.mean(axis=0)  # over the slices, (n, n)
    if not mean.any() or not np.ptp(mean):
        return {}
    rows = np.linspace(0, 1, len(mean))
    return {
        "head_share": float((image > HEAD_LEVEL).mean()),
        "mirror_symmetry": _mirror_symmetry(image),
        "vertical_centre": float(mean.sum(axis=1) @ rows / mean.sum()),
        f"{name}_mean": float(patient.mean[main]),
        f"{name}_contrast": float(patient.std[main]),
        "square_px": float(patient.geometry.square_px),
    }


def ranges(of_patients: Iterable[Mapping[str, float]]) -> dict[str, Range]:
    """The range of each feature over the patients that have features; {} without any."""
    rows = [row for row in of_patients if row]
    if not rows:
        return {}
    return {name: Range(low=min(row[name] for row in rows), high=max(row[name] for row in rows)) for name in rows[0]}


def unlike_training(found: Mapping[str, float], trained: Mapping[str, Range]) -> list[str]:
    """A sentence for each feature outside its range, and one for a scan without signal."""
    if not found:
        return ["the scan holds no signal"]
    return [
        f"unlike the training patients: {name} is {found[name]:.3g}, theirs {range_.low:.3g} to {range_.high:.3g} "
        f"({meaning(name)})"
        for name, range_ in trained.items()
        if name in found and not range_.low <= found[name] <= range_.high
    ]


def meaning(feature: str) -> str:
    """What a person should look at."""
    channel, _, of_channel = feature.rpartition("_")
    return MEANING.get(feature) or OF_CHANNEL[of_channel].format(in_words(channel))


def _mirror_symmetry(image: np.ndarray) -> float:
    """How much more a slice of (S, n, n) correlates with its left-right than with its upside-down mirror image."""
    differences = []
    for plane in image[image.std(axis=(1, 2)) > 0]:
        left_right, upside_down = (np.corrcoef(plane.ravel(), np.flip(plane, axis).ravel())[0, 1] for axis in (1, 0))
        differences.append(left_right - upside_down)
    return float(np.mean(differences))
