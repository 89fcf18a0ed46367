import numpy as np
import pytest
import torch
from scipy.ndimage import distance_transform_edt
from scipy.spatial.distance import cdist

from brainseg.losses.shared import distances as distance_maps
from brainseg.losses.shared.distances import distance_to_contour_px, nearest_px, signed_distance_px


def drawn(*slices: str) -> torch.Tensor:
    """(N, H, W) bool: # is inside, / ends a row."""
    return torch.tensor([[[pixel == "#" for pixel in row] for row in text.split("/")] for text in slices])


def random_masks(seed: int, side: tuple[int, int] = (13, 17)) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    shares = torch.tensor([0.02, 0.2, 0.5, 0.9]).view(4, 1, 1)
    masks = torch.rand(4, *side, generator=generator) < shares
    return torch.cat([masks, torch.zeros(1, *side, dtype=torch.bool), torch.ones(1, *side, dtype=torch.bool)])


def test_hand_computed():
    found = distance_to_contour_px(drawn("##...", "#...#"))
    assert found.dtype == torch.float32
    assert found[:, 0].tolist() == [[2, 1, 1, 2, 3], [1, 1, 2, 1, 1]]


def test_diagonals_are_euclidean():
    found = distance_to_contour_px(drawn("#../.../..."))
    assert found[0].tolist() == [pytest.approx(row) for row in ([1, 1, 2], [1, 2**0.5, 5**0.5], [2, 5**0.5, 8**0.5])]


@pytest.mark.parametrize("seed", range(5))
def test_equals_the_distances_between_all_pairs_of_pixels(seed):
    for mask in random_masks(seed)[:4]:
        inside, outside = np.argwhere(mask.numpy()), np.argwhere(~mask.numpy())
        expected = np.zeros(mask.shape)
        if len(inside) and len(outside):
            apart = cdist(inside, outside)
            expected[mask.numpy()], expected[~mask.numpy()] = apart.min(axis=1), apart.min(axis=0)
        np.testing.assert_allclose(distance_to_contour_px(mask[None])[0], expected, rtol=1e-6)


def test_without_a_contour_it_is_0():
    masks = drawn("..../....", "####/####")
    assert not distance_to_contour_px(masks).any()
    assert not signed_distance_px(masks).any()


def test_signed_is_half_a_pixel_beside_the_contour_and_negative_inside():
    assert signed_distance_px(drawn(".###..."))[0, 0].tolist() == [0.5, -0.5, -1.5, -0.5, 0.5, 1.5, 2.5]


@pytest.mark.parametrize("seed", range(3))
def test_signed_is_kervadecs_less_half_a_pixel(seed):
    for mask in random_masks(seed)[1:4]:
        inside, outside = mask.numpy(), ~mask.numpy()
        his = distance_transform_edt(outside) * outside - (distance_transform_edt(inside) - 1) * inside
        np.testing.assert_allclose(signed_distance_px(mask[None])[0], his - 0.5, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("side", [(13, 17), (1, 9), (20, 6)])
def test_a_gpus_way_is_the_same(seed, side):
    for mask in random_masks(seed, side):
        if mask.any():
            expected = distance_transform_edt(~mask.numpy())
            np.testing.assert_allclose(nearest_px(mask), expected, rtol=1e-6)


def test_a_gpus_way_is_the_same_for_a_batch(monkeypatch):
    masks = random_masks(0)
    expected = distance_to_contour_px(masks)

    class OnAnother(torch.Tensor):
        """On the CPU, but telling otherwise."""

        @property
        def device(self):
            return torch.device("meta")

    monkeypatch.setattr(distance_maps, "nearest_px", lambda mask: nearest_px(mask.as_subclass(torch.Tensor)))
    found = distance_to_contour_px(masks.as_subclass(OnAnother)).as_subclass(torch.Tensor)
    torch.testing.assert_close(found, expected)
