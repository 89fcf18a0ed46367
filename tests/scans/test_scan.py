import numpy as np

from brainseg.core.channels import LGG_CHANNELS
from brainseg.scans.read import scan_from_array


def test_the_axial_grid_is_the_images(rng):
    image = rng.integers(0, 256, (3, 8, 6, 3)).astype(np.uint8)
    scan = scan_from_array(image, (5.0, 1.0, 3.0))
    assert scan.axial_shape == scan.image.shape[:3] == (3, 8, 6)
    assert (scan.spacing_mm, scan.channels) == ((5.0, 1.0, 3.0), LGG_CHANNELS)
