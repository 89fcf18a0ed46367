"""One patient as the network is given it: data/preprocessed/PATIENT.npz."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from brainseg.core.files import write_npz
from brainseg.data.geometry import Geometry

FULL_SCALE = 65535  # images are stored as 16-bit: half a step is under 1e-4 of a z-score


@dataclass(frozen=True)
class Preprocessed:
    """One patient as the network sees it; all slices of the file, S of them.

    image: (S, n, n, 3) uint16, the rescaled intensity in 0 ... FULL_SCALE
    mask: (S, n, n) bool
    mean, std: (3,) float64, of the rescaled intensity in 0 ... 1 over the kept slices
    kept: (S,) bool, the slices that train and that the report scores
    """

    image: np.ndarray
    mask: np.ndarray
    mean: np.ndarray
    std: np.ndarray
    kept: np.ndarray
    geometry: Geometry

    def z_score(self) -> np.ndarray:
        """The network's input, (S, n, n, 3) float32."""
        return ((self.image / FULL_SCALE - self.mean) / self.std).astype(np.float32)


def write_preprocessed(path: Path, patient: Preprocessed) -> None:
    g = patient.geometry
    box = np.array([g.height, g.width, g.top, g.bottom, g.left, g.right])
    arrays = {"mean": patient.mean, "std": patient.std, "kept": patient.kept, "box": box}
    # not compressed: images barely shrink, and unpacking would cost more than reading
    write_npz(path, {"image": patient.image, "mask": patient.mask, **arrays})


def read_preprocessed(path: Path) -> Preprocessed:
    with np.load(path) as arrays:
        parts = {name: arrays[name] for name in ("image", "mask", "mean", "std", "kept")}
        return Preprocessed(**parts, geometry=Geometry(*arrays["box"].tolist()))


def read_geometry(path: Path) -> tuple[np.ndarray, Geometry]:
    """Only kept, (S,) bool, and the geometry: a thousandth of the file."""
    with np.load(path) as arrays:
        return arrays["kept"], Geometry(*arrays["box"].tolist())
