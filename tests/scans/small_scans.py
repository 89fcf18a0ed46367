"""Small scans in files, with hand-made geometry."""

from pathlib import Path

import numpy as np
import SimpleITK as sitk  # noqa: N813

OBLIQUE = np.array([[0.96, -0.28, 0.0], [0.28, 0.96, 0.0], [0.0, 0.0, 1.0]])  # 16.26 degrees about z


def volume(
    shape: tuple[int, int, int] = (4, 6, 5), seed: int = 0, high: int = 256, dtype: type = np.uint8
) -> np.ndarray:
    """(S, H, W) with no two equal slices."""
    return np.random.default_rng(seed).integers(0, high, shape).astype(dtype)


def write_volume(
    path: Path,
    axial: np.ndarray,
    spacing=(1.0, 1.0, 1.0),
    origin=(0.0, 0.0, 0.0),
    direction=(1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0),
) -> Path:
    """Write (k, j, i), or (k, j, i, 3) as a vector, by SimpleITK."""
    image = sitk.GetImageFromArray(axial, isVector=axial.ndim == 4)
    image.SetSpacing(spacing)
    image.SetOrigin(origin)
    image.SetDirection(tuple(np.ravel(direction)))
    path.parent.mkdir(parents=True, exist_ok=True)
    sitk.WriteImage(image, str(path), True)
    return path


def read(*arguments: object):
    """The one scan that the arguments name."""
    from brainseg.scans.find import find_scans
    from brainseg.scans.read import read_scan

    (files,) = find_scans([str(argument) for argument in arguments])
    return read_scan(files)
