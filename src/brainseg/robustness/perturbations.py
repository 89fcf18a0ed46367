"""Changes of intensity as between scanners: gamma, contrast, bias field and noise, at three strengths.

All kinds change only the head: values from a share of the volume's maximum on, that of
`preprocess.background`. A brighter background would change the crop box of preprocessing, and test the crop
instead of the network.
"""

import hashlib
import math
from collections.abc import Iterator

import numpy as np

BIAS_DEGREE = 3  # of the polynomial, as in MONAI's and torchio's random bias fields

# Differences between scanners; the sizes follow other simulations and augmentation schemes.
STRENGTHS = {
    # exponent; torchio draws up to exp(0.3) = 1.35, nnU-Net 0.7 to 1.5
    "gamma": {"weak": 1.15, "medium": 1.3, "strong": 1.5},
    # factor; nnU-Net draws 0.75 to 1.25, its stronger scheme 0.5 to 2
    "contrast": {"weak": 1.1, "medium": 1.25, "strong": 1.5},
    # half the range; BrainWeb simulates 0.9 to 1.1 and 0.8 to 1.2 over the brain (20 % and 40 %); strong is twice that
    "bias_field": {"weak": 0.1, "medium": 0.2, "strong": 0.4},
    # standard deviation, of the full scale; of the LGG set's tissue (median 0.24) weak and medium are 4 and 8 %, and
    # BrainWeb simulates 3 to 9 %; strong is the most that nnU-Net draws, a third of the tissue's deviation (0.11)
    "noise": {"weak": 0.01, "medium": 0.02, "strong": 0.035},
}


def perturbed(image: np.ndarray, kind: str, strength: str, patient: str, background: float) -> Iterator[np.ndarray]:
    """The versions of an image that make up one kind and strength, one by one.

    Gamma and contrast have two directions, so two versions, whose scores are to be averaged. Bias field
    and noise have one, drawn by patient and kind: the same field and grain at each strength, on every
    machine and for every network. Image, versions: (S, H, W, C) uint8 or uint16; below `background`, a share of
    the maximum, nothing changes.
    """
    number = STRENGTHS[kind][strength]
    if kind == "gamma":
        yield gamma(image, number, background)  # darker
        yield gamma(image, 1 / number, background)  # brighter
    elif kind == "contrast":
        yield contrast(image, number, background)  # more
        yield contrast(image, 1 / number, background)  # less
    elif kind == "bias_field":
        yield bias_field(image, number, background, generator(patient, kind))
    else:
        yield noise(image, number, background, generator(patient, kind))


def generator(patient: str, kind: str) -> np.random.Generator:
    """Seeded by the two names through SHA-256: Python's own hash of a string differs from process to process."""
    return np.random.default_rng(int.from_bytes(hashlib.sha256(f"{kind}: {patient}".encode()).digest()[:8], "big"))


def gamma(image: np.ndarray, exponent: float, background: float) -> np.ndarray:
    """The head to the power of `exponent`, on a full scale of 1: above 1 darker, below 1 brighter.

    Image (S, H, W, C) uint8 or uint16, and so is the result; the same for all functions below.
    """
    lowest, white = _head_range(image, background)
    value = _every_value(image.dtype)
    return _in_head(value, white * (value / white) ** exponent, lowest, white)[image]


def contrast(image: np.ndarray, factor: float, background: float) -> np.ndarray:
    """The head's distance from its mean, channel by channel, times `factor`: above 1 more contrast."""
    lowest, white = _head_range(image, background)
    value = _every_value(image.dtype)
    changed = np.empty_like(image)
    for channel in range(image.shape[-1]):
        count = np.bincount(image[..., channel].ravel(), minlength=len(value))
        mean = (value * count)[lowest:].sum() / max(count[lowest:].sum(), 1)
        changed[..., channel] = _in_head(value, mean + factor * (value - mean), lowest, white)[image[..., channel]]
    return changed


def bias_field(image: np.ndarray, amplitude: float, background: float, rng: np.random.Generator) -> np.ndarray:
    """The image times a random smooth field that goes from 1 - amplitude to 1 + amplitude over the head.

    A polynomial of the position in the volume, the same for all channels, which share one receive coil.
    An image without head, or with a field that is constant over it, does not change.
    """
    lowest, white = _head_range(image, background)
    degree = np.indices((BIAS_DEGREE + 1,) * 3).sum(axis=0)
    coefficients = rng.uniform(-1, 1, degree.shape) * (degree <= BIAS_DEGREE)
    places = [np.linspace(-1, 1, count) if count > 1 else np.zeros(1) for count in image.shape[:3]]
    field = np.polynomial.polynomial.polygrid3d(*places, coefficients)  # (S, H, W)
    in_head = field[(image >= lowest).any(axis=-1)]
    if in_head.size == 0 or np.ptp(in_head) == 0:
        return image.copy()
    centred = 2 * (field - in_head.min()) / np.ptp(in_head) - 1
    return _in_head(image, image * (1 + amplitude * centred)[..., None].astype(np.float32), lowest, white)


def noise(image: np.ndarray, share: float, background: float, rng: np.random.Generator) -> np.ndarray:
    """The image plus Gaussian noise, independent per voxel and channel; its deviation is `share` of the full scale."""
    lowest, white = _head_range(image, background)
    grain = rng.standard_normal(image.shape, dtype=np.float32)
    return _in_head(image, image + np.float32(share * white) * grain, lowest, white)


def _head_range(image: np.ndarray, background: float) -> tuple[int, int]:
    """The lowest value of the head, and the full scale.

    Scanners use a part of 16 bit: there the full scale is the volume's maximum, as in preprocessing.
    """
    highest = int(image.max())
    return max(math.ceil(background * highest), 1), 255 if image.dtype == np.uint8 else max(highest, 1)


def _every_value(dtype: np.dtype) -> np.ndarray:
    """All possible voxel values, in order. Values are few and voxels many, so a lookup table is fastest."""
    return np.arange(np.iinfo(dtype).max + 1).astype(dtype)


def _in_head(before: np.ndarray, after: np.ndarray, lowest: int, white: int) -> np.ndarray:
    """`before` with the head from `after`, rounded and clipped to the full scale."""
    return np.where(before >= lowest, np.rint(after).clip(0, white), before).astype(before.dtype)
