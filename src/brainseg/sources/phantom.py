"""Made-up patients: head-like volumes with lesions, and with things that only look like them.

The files have the same bytes on every machine: all numbers come from PCG64's uniform doubles
through + - * / and square roots, which IEEE 754 rounds the same everywhere. No sin, exp, log or
matrix product: their last bit depends on the processor.
"""

import math
from functools import partial
from pathlib import Path

import numpy as np
from pydantic import Field

from brainseg.core.params import StrictSettings
from brainseg.data.raw.patients import write_patient
from brainseg.parallel import parallel_map

SITES = ("NORTH", "EAST", "SOUTH")  # stand-ins for institutions
SLICE_STEP_PX = 4.0  # slices are far apart, as in the LGG set

#                (pre-contrast, FLAIR, post-contrast), each in 0 ... 1
GREY_MATTER = (0.45, 0.50, 0.48)
WHITE_MATTER = (0.60, 0.42, 0.63)
FLUID = (0.15, 0.10, 0.15)
SKULL = (0.75, 0.35, 0.75)
# What a lesion adds: bright on FLAIR *and* darker before contrast. Either alone is no lesion.
LESION = (-0.24, 0.30, -0.08)
LOOK_ALIKES = (
    (0.00, 0.30, 0.00),  # bright on FLAIR only, as ageing white matter
    (0.00, 0.00, 0.40),  # bright after contrast only, as a vessel
    (-0.20, -0.25, -0.20),  # dark everywhere, as a cyst
)


class Settings(StrictSettings):
    patients: int = Field(ge=3, le=10_000)
    slices: int = Field(ge=6, le=256)
    side_px: int = Field(ge=32, le=512)
    noise: float = Field(ge=0, le=0.3)  # standard deviation, of a full scale of 1
    seed: int = Field(ge=0, le=2**32 - 1)


def phantom(destination: Path, *, patients: int, slices: int, side_px: int, noise: float, seed: int) -> None:
    """Write `patients` folders in kaggle_3m layout below `destination`."""
    write = partial(write_phantom, destination, slices=slices, side_px=side_px, noise=noise, seed=seed)
    parallel_map(write, range(patients), "phantom patients")


def write_phantom(destination: Path, index: int, *, slices: int, side_px: int, noise: float, seed: int) -> None:
    """Write the patient of this index, whose random numbers depend on no other patient."""
    rng = np.random.Generator(np.random.PCG64([seed, index]))
    name = f"PHANTOM_{SITES[index % len(SITES)]}_{index + 1:03d}"
    write_patient(destination / name, *phantom_patient(rng, slices, side_px, noise))


def phantom_patient(rng: np.random.Generator, slices: int, side_px: int, noise: float) -> tuple[np.ndarray, np.ndarray]:
    """One patient: image (S, H, W, 3) uint8 and lesion mask (S, H, W) bool."""
    shape = (slices, side_px, side_px)
    z, y, x = (  # px from the centre, each broadcastable to (S, H, W)
        (np.arange(n) - (n - 1) / 2).reshape(-1, *[1] * (2 - axis)) * step
        for axis, (n, step) in enumerate(zip(shape, (SLICE_STEP_PX, 1.0, 1.0), strict=True))
    )
    half_height = slices * SLICE_STEP_PX * 0.56
    axes = (half_height, side_px * _between(rng, 0.40, 0.46), side_px * _between(rng, 0.32, 0.38))

    # 0 at the centre of the head, 1 at its skin, a little bumpy
    radius = _distance((z, y, x), (0, 0, 0), axes) + 0.03 * _smooth_noise(rng, shape, side_px / 4)
    brain, head = radius < 0.82, radius < 1.0
    white = _ramp(_smooth_noise(rng, shape, side_px / 8) + 0.4 - radius, 0.2)
    image = _mix(white, GREY_MATTER, WHITE_MATTER)  # (S, H, W, 3)
    image = _mix(_ramp(radius - 0.82, 0.02), image, FLUID)
    image = _mix(_ramp(radius - 0.88, 0.02), image, SKULL)
    ventricles = np.zeros(shape, bool)
    for side in (-1, 1):
        centre = (0, -0.04 * side_px, side * 0.07 * side_px)
        field = _distance((z, y, x), centre, (half_height * 0.45, side_px * 0.13, side_px * 0.035))
        ventricles |= field < 1
        image = _mix(_ramp(1 - field, 0.2), image, FLUID)

    for change in LOOK_ALIKES:
        for _ in range(rng.integers(1, 3)):
            blob = _blob(rng, (z, y, x), axes, shape, _between(rng, 0.025, 0.09) * side_px)
            image += _ramp(1 - blob, 0.3)[..., None] * np.where(brain[..., None], change, 0.0)

    mask = np.zeros(shape, bool)
    contrast = _between(rng, 0.6, 1.2)  # some patients' lesions are faint
    radii = [0.055 + 0.155 * rng.random() * rng.random()]  # more small ones than large
    if rng.random() < 0.25:
        radii.append(_between(rng, 0.02, 0.05))  # a satellite of a few pixels
    while radii:
        blob = _blob(rng, (z, y, x), axes, shape, radii[-1] * side_px)
        lesion = (blob < 1) & brain & ~ventricles
        if not lesion[1:-1].any():  # the first and last slice are dropped in preprocessing
            continue
        mask |= lesion
        image += (_ramp(1.15 - blob, 0.3) * lesion * contrast)[..., None] * LESION
        radii.pop()

    bias = 1 + 0.25 * _smooth_noise(rng, shape, side_px / 2)
    gain = np.array([_between(rng, 0.8, 1.1) for _ in range(3)])
    image = np.where(head[..., None], image * bias[..., None] * gain, 0.03)
    # the sum of four uniform numbers is close to normal, and the same on every machine
    image += noise * math.sqrt(3) * (sum(rng.random(image.shape) for _ in range(4)) - 2)
    return np.floor(np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8), mask


def _between(rng: np.random.Generator, low: float, high: float) -> float:
    return low + (high - low) * rng.random()


def _distance(position: tuple, centre: tuple, axes: tuple) -> np.ndarray:
    """Distance from the centre in units of the half axes of an ellipsoid, (S, H, W)."""
    z, y, x = (((p - c) / a) * ((p - c) / a) for p, c, a in zip(position, centre, axes, strict=True))
    return np.sqrt(z + y + x)


def _blob(rng: np.random.Generator, position: tuple, head: tuple, shape: tuple, radius_px: float) -> np.ndarray:
    """A field that is below 1 inside an irregular blob somewhere in the brain."""
    while True:
        where = [2 * rng.random() - 1 for _ in range(3)]
        if 0.1 < sum(w * w for w in where) < 0.42:
            break
    centre = tuple(w * a for w, a in zip(where, head, strict=True))
    axes = tuple(radius_px * _between(rng, 0.75, 1.3) for _ in range(3))
    ragged = _between(rng, 0.1, 0.55)
    cell_px = max(radius_px * 0.7, 2.0)
    return _distance(position, centre, axes) + ragged * _smooth_noise(rng, shape, cell_px)


def _smooth_noise(rng: np.random.Generator, shape: tuple, cell_px: float) -> np.ndarray:
    """Random numbers in -1 ... 1 on a coarse lattice, blended smoothly to (S, H, W)."""
    steps = (SLICE_STEP_PX, 1.0, 1.0)
    places = [np.arange(n) * step / cell_px for n, step in zip(shape, steps, strict=True)]
    values = 2 * rng.random([int(place[-1]) + 2 for place in places]) - 1
    for axis, place in enumerate(places):
        low = place.astype(int)
        t = place - low
        t = (t * t * (3 - 2 * t)).reshape(-1, *[1] * (2 - axis))
        below, above = values.take(low, axis), values.take(low + 1, axis)
        values = below + (above - below) * t
    return values


def _ramp(field: np.ndarray, width: float) -> np.ndarray:
    """0 where the field is negative, rising to 1 over `width`."""
    return np.clip(field / width, 0, 1)


def _mix(weight: np.ndarray, first: np.ndarray | tuple, second: tuple) -> np.ndarray:
    """`first` where the weight (S, H, W) is 0, `second` where it is 1, (S, H, W, 3)."""
    return np.asarray(first) * (1 - weight[..., None]) + np.asarray(second) * weight[..., None]
