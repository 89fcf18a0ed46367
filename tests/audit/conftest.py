"""Made-up heads, and what can happen to a copy of one."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image
from scipy import ndimage

from brainseg.audit.run import Audit, audit
from brainseg.data.raw.patients import patient_names, write_patient
from brainseg.sources.phantom import phantom_patient

SLICES, SIDE_PX = 8, 96


def head(number: int, slices: int = SLICES, side_px: int = SIDE_PX) -> tuple[np.ndarray, np.ndarray]:
    """Image (S, H, W, 3) uint8 and mask (S, H, W) bool of another person for each number."""
    return phantom_patient(np.random.default_rng(number), slices, side_px, 0.03)


def rotated(image: np.ndarray, degrees: float) -> np.ndarray:
    return ndimage.rotate(image, degrees, axes=(1, 2), reshape=False, order=1)


def rescaled(image: np.ndarray, factor: float) -> np.ndarray:
    return ndimage.zoom(image, (1, factor, factor, 1), order=1)


def with_contrast(image: np.ndarray, gamma: float) -> np.ndarray:
    """Another contrast, and another gain in each channel."""
    return (255 * (image / 255) ** gamma * np.array([0.8, 1.0, 0.9])).astype(np.uint8)


def through_jpeg(image: np.ndarray) -> np.ndarray:
    slices = []
    for pixels in image:
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "JPEG", quality=60)
        slices.append(np.asarray(Image.open(file)))
    return np.stack(slices)


COPIES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "as it is": lambda image: image,
    "rotated by 1°": lambda image: rotated(image, 1),
    "rotated by -2°": lambda image: rotated(image, -2),
    "smaller": lambda image: rescaled(image, 0.75),
    "larger": lambda image: rescaled(image, 1.5),
    "brighter": lambda image: with_contrast(image, 0.8),
    "darker": lambda image: with_contrast(image, 1.4),
    "inverted": lambda image: 255 - image,
    "through JPEG": through_jpeg,
    "16 bit": lambda image: image.astype(np.uint16) * 257,
    "with a margin": lambda image: np.pad(image, ((0, 0), (20, 4), (0, 9), (0, 0))),
    "other order of channels": lambda image: image[..., [2, 0, 1]],
    "two of three channels": lambda image: image[..., 1:],
    "every second slice": lambda image: image[::2],
    "mirrored": lambda image: image[:, :, ::-1],
    "upside down": lambda image: image[:, ::-1],
    "turned by 90°": lambda image: np.rot90(image, axes=(1, 2)),
    "all at once": lambda image: through_jpeg(with_contrast(rescaled(rotated(image, 1), 0.8), 1.2))[:, :, ::-1],
}


def write_16_bit(folder: Path, image: np.ndarray, mask: np.ndarray) -> None:
    folder.mkdir(parents=True)
    for number, (pixels, lesion) in enumerate(zip(image, mask, strict=True), start=1):
        stem = folder / f"{folder.name}_{number}"
        tifffile.imwrite(f"{stem}.tif", pixels.astype(np.uint16) * 257, photometric="rgb")
        tifffile.imwrite(f"{stem}_mask.tif", lesion.astype(np.uint8) * 255)


@pytest.fixture(scope="session")
def patients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with nine people NORTH, and a copy of the first, named another way. Leave it as it is."""
    root = tmp_path_factory.mktemp("patients")
    for number in (0, 1, 2, 4, 5, 6, 7, 8, 11):  # lesions of others reach the last slice
        write_patient(root / f"MADE_NORTH_{number}", *head(number))
    image, mask = head(0)
    write_patient(root / "renamed", rotated(image, 1), mask)
    return root


@pytest.fixture(scope="session")
def audited(patients: Path) -> Audit:
    split = dict.fromkeys(patient_names(patients), "train") | {"renamed": "test"}
    return audit(patients, split, "auto", "folder")
