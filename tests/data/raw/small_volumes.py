"""Small patients with a spacing and channels of their own."""

import numpy as np

from brainseg.data.raw.volume import Volume


def small_volume(rng: np.random.Generator, slices: int = 4, dtype: type = np.uint16) -> Volume:
    image = rng.integers(0, 200, (slices, 6, 5, 2)).astype(dtype)
    mask = image[..., 0] > 150
    return Volume(image, mask, spacing_mm=(5.0, 0.5, 0.75), channels=("t1", "t2"))
