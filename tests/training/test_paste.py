import math

import numpy as np
import pytest
import torch
from skimage.measure import label

from brainseg.training import paste
from brainseg.training.paste import INSIDE, RIM_PX, SCALE, SHIFT, head, paste_lesions, random_maps
from brainseg.training.share import Share

SIDE_PX = 64
AIR, BRAIN, LESION = -2.0, 0.0, 3.0
IDENTITY = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def disc(row: int, column: int, radius: float) -> torch.Tensor:
    rows, columns = torch.meshgrid(torch.arange(SIDE_PX), torch.arange(SIDE_PX), indexing="ij")
    return (rows - row) ** 2 + (columns - column) ** 2 <= radius**2


def heads(count: int) -> torch.Tensor:
    """(count, 3, 64, 64): discs of BRAIN in AIR."""
    return torch.where(disc(32, 32, 30), BRAIN, AIR).expand(count, 3, SIDE_PX, SIDE_PX).clone()


def donors(count: int, radius: float = 7) -> tuple[torch.Tensor, torch.Tensor]:
    """Heads with a LESION of 7 pixels radius above and left of the centre, and its masks."""
    lesion = disc(26, 28, radius).expand(count, 1, SIDE_PX, SIDE_PX)
    return torch.where(lesion, LESION, heads(count)), lesion.float()


def no_masks(count: int) -> torch.Tensor:
    return torch.zeros(count, 1, SIDE_PX, SIDE_PX)


@pytest.fixture
def unmoved(monkeypatch):
    monkeypatch.setattr(paste, "random_maps", lambda count, _: IDENTITY.expand(count, 2, 3))


def test_an_unmoved_lesion_replaces_the_slice_inside_its_mask_in_every_channel(unmoved):
    donor_images, donor_masks = donors(2)
    images, masks = paste_lesions(heads(2), no_masks(2), donor_images, donor_masks, 1.0, generator())
    assert masks.equal(donor_masks)
    core = disc(26, 28, 7 - RIM_PX / 2)
    assert images[:, :, core].sub(LESION).abs().max() < 1e-4
    outside = ~disc(26, 28, 7 + RIM_PX)
    assert images[:, :, outside].equal(heads(2)[:, :, outside])
    assert images.is_contiguous(memory_format=torch.channels_last)


def test_the_rim_is_the_mean_of_three_by_three_pixels(unmoved):
    square = no_masks(1)
    square[:, :, 20:30, 20:30] = 1
    donor_images = torch.where(square.bool(), LESION, heads(1))
    images, masks = paste_lesions(heads(1), no_masks(1), donor_images, square, 1.0, generator())
    assert masks.equal(square)
    # the opacity is 6/9 at the first row of the square and 3/9 one row above it, where the donor itself is BRAIN
    np.testing.assert_allclose(images[0, :, 18:22, 25], [[0.0, 0.0, 2.0, 3.0]] * 3, atol=1e-4)
    np.testing.assert_allclose(images[0, :, 20, 20], [LESION * 4 / 9] * 3, atol=1e-4)


def test_the_lesion_is_at_most_a_fifth_longer_or_shorter():
    count = 200
    donor_images, donor_masks = donors(count)
    images, masks = paste_lesions(heads(count), no_masks(count), donor_images, donor_masks, 1.0, generator())
    pasted = masks.flatten(1).any(1)
    assert pasted.float().mean() > 0.7
    area = masks[pasted].sum((1, 2, 3)) / donor_masks[0].sum()
    assert 0.75 * (1 - SCALE) ** 2 < area.min() < 0.75 and 1.35 < area.max() < 1.05 * (1 + SCALE) ** 2
    for image, mask in zip(images[pasted], masks[pasted], strict=True):
        assert label(mask[0].numpy()).max() == 1
        assert image[:, mask[0].bool()].mean() > 0.75 * LESION


def test_the_own_lesion_remains(unmoved):
    own = disc(45, 40, 5).expand(1, 1, SIDE_PX, SIDE_PX)
    images = torch.where(own, LESION, heads(1))
    donor_images, donor_masks = donors(1)
    pasted, masks = paste_lesions(images, own.float(), donor_images, donor_masks, 1.0, generator())
    assert masks.equal(torch.maximum(own.float(), donor_masks))
    assert pasted[:, :, own[0, 0]].equal(images[:, :, own[0, 0]])


@pytest.mark.parametrize(
    ("images", "donor_masks", "probability"),
    [
        (heads(3), no_masks(3), 1.0),  # donors without lesion
        (heads(3), donors(3)[1], 0.0),
        (torch.full((3, 3, SIDE_PX, SIDE_PX), BRAIN), donors(3)[1], 1.0),  # constant slices, without a head
    ],
)
def test_nothing_changes(images, donor_masks, probability):
    own_masks = donors(3, radius=3)[1]
    pasted, masks = paste_lesions(images, own_masks, donors(3)[0], donor_masks, probability, generator())
    assert pasted.equal(images) and masks.equal(own_masks)


def test_a_probability_of_0_draws_no_random_number():
    drawn = generator()
    paste_lesions(heads(3), no_masks(3), *donors(3), 0.0, drawn)
    assert drawn.get_state().equal(generator().get_state())


@pytest.mark.parametrize(("radius", "is_pasted"), [(24.5, True), (20.0, False)])
def test_a_lesion_that_leaves_the_head_is_not_pasted(unmoved, radius, is_pasted):
    images = torch.where(disc(32, 32, radius), BRAIN, AIR).expand(1, 3, SIDE_PX, SIDE_PX)
    lesion = disc(32, 52, 6).expand(1, 1, SIDE_PX, SIDE_PX)
    share_inside = float((lesion & disc(32, 32, radius)).sum() / lesion.sum())
    assert (share_inside >= INSIDE) == is_pasted and 0 < share_inside < 1
    _, masks = paste_lesions(images, no_masks(1), donors(1)[0], lesion.float(), 1.0, generator())
    assert masks.any() == is_pasted


def test_the_probability_is_that_of_a_slice(unmoved):
    count = 1000
    donor_images, donor_masks = donors(1)
    given = [each.expand(count, -1, -1, -1) for each in (heads(1), no_masks(1), donor_images, donor_masks)]
    _, masks = paste_lesions(*given, 0.3, generator())
    assert abs(masks.flatten(1).any(1).double().mean() - 0.3) < 0.058  # four standard deviations


def test_angles_scales_and_shifts_fill_their_ranges():
    maps = random_maps(4000, generator()).double()
    scale = maps[:, :, :2].det() ** -0.5
    angle = torch.atan2(-maps[:, 0, 1], maps[:, 1, 1])
    assert 1 - SCALE <= scale.min() < 0.805 and 1.195 < scale.max() <= 1 + SCALE
    assert -math.pi <= angle.min() < -3.13 and 3.13 < angle.max() <= math.pi
    for shift in maps[:, :, 2].T / 2:  # a side is 2 long
        assert -SHIFT <= shift.min() < -0.248 and 0.248 < shift.max() <= SHIFT
    assert maps[:, :, 2].T.corrcoef()[0, 1].abs() < 0.06


def test_the_head_is_what_most_channels_are_bright_in():
    images = heads(2)
    images[0, 0] = AIR  # one sequence without signal
    images[1, :2] = AIR
    assert head(images)[0, 0].equal(disc(32, 32, 30))
    assert not head(images)[1].any()


@pytest.mark.parametrize("rows", [slice(0, 3), slice(3, 8)])
def test_shares_equal_the_whole_batch(rows):
    images = torch.randn(8, 3, SIDE_PX, SIDE_PX, generator=generator(1))
    given = heads(8) + 0.01 * images, no_masks(8), *donors(8)
    whole_images, whole_masks = paste_lesions(*given, 0.5, generator())
    its_images, its_masks = paste_lesions(*(each[rows] for each in given), 0.5, generator(), Share(8, rows))
    torch.testing.assert_close(its_images, whole_images[rows])
    assert its_masks.equal(whole_masks[rows])
    assert whole_masks.any() and not whole_masks.flatten(1).any(1).all()
