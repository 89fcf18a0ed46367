import numpy as np
import torch
from scipy.ndimage import gaussian_filter

from brainseg.training.blur import blur


def maps(count: int, side_px: int = 32) -> torch.Tensor:
    return torch.randn(count, side_px, side_px, generator=torch.Generator().manual_seed(0))


def test_equals_scipy_map_by_map():
    sigma_px = [0.5, 1.3, 2.0]
    found = blur(maps(3), torch.tensor(sigma_px), max(sigma_px))
    for map_, blurred, sigma in zip(maps(3), found, sigma_px, strict=True):
        expected = gaussian_filter(map_.numpy(), sigma, mode="nearest", radius=8)
        np.testing.assert_allclose(blurred, expected, atol=1e-5)


def test_0_changes_nothing():
    assert blur(maps(2), torch.zeros(2), 0.0).equal(maps(2))
    assert blur(maps(2), torch.tensor([0.0, 1.0]), 1.0)[0].equal(maps(2)[0])


def test_an_even_map_stays_as_it_is():
    torch.testing.assert_close(
        blur(torch.full((1, 16, 16), 3.0), torch.tensor([2.0]), 2.0), torch.full((1, 16, 16), 3.0)
    )
