import math

import numpy as np
import pytest
import torch
from skimage.transform import AffineTransform, warp

from brainseg.training import augmentation
from brainseg.training.augmentation import AugmentSettings, augment, random_affine, random_displacement

NOTHING = AugmentSettings(scale=0.0, rotation_deg=0.0, flip=0.0)
MIRROR = AugmentSettings(scale=0.0, rotation_deg=0.0, flip=1.0)
ALL = AugmentSettings(scale=0.3, rotation_deg=40.0, flip=0.5)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def batch() -> tuple[torch.Tensor, torch.Tensor]:
    """Noise images and off-centre rectangles, (6, 3, 32, 32) and (6, 1, 32, 32)."""
    images = torch.randn(6, 3, 32, 32, generator=generator(5))
    masks = torch.zeros(6, 1, 32, 32)
    masks[:, :, 8:20, 4:14] = 1
    return images, masks


def test_settings_of_0_change_nothing(batch):
    images, masks = augment(*batch, NOTHING, generator())
    torch.testing.assert_close(images, batch[0], atol=1e-4, rtol=0)
    assert masks.equal(batch[1])


def test_flip_1_mirrors_every_slice_left_right(batch):
    images, masks = augment(*batch, MIRROR, generator())
    torch.testing.assert_close(images.contiguous(), batch[0].flip(3), atol=1e-4, rtol=0)
    assert masks.equal(batch[1].flip(3))


def test_a_quarter_turn_equals_rot90(batch, monkeypatch):
    # a place (x, y) right and below the centre comes from (-y, x): anticlockwise
    quarter = torch.tensor([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0]]).expand(6, 2, 3)
    monkeypatch.setattr(augmentation, "random_affine", lambda *_: quarter)
    images, masks = augment(*batch, ALL, generator())
    torch.testing.assert_close(images.contiguous(), torch.rot90(batch[0], 1, (2, 3)), atol=1e-4, rtol=0)
    assert masks.equal(torch.rot90(batch[1], 1, (2, 3)))


@pytest.mark.parametrize("seed", range(3))
def test_equals_scikit_image(batch, seed):
    images, _ = augment(*batch, ALL, generator(seed))
    for image, augmented, drawn in zip(batch[0], images, random_affine(6, ALL, generator(seed)), strict=True):
        straightforward = straightforward_warp(image.permute(1, 2, 0).numpy(), drawn)
        np.testing.assert_allclose(augmented.permute(1, 2, 0)[2:-2, 2:-2], straightforward[2:-2, 2:-2], atol=1e-3)


def straightforward_warp(image: np.ndarray, drawn: torch.Tensor) -> np.ndarray:
    """Scale, then rotate about the centre with scikit-image, then mirror; the numbers are those drawn."""
    linear = drawn[:, :2].double()
    scale = float(linear.det().abs()) ** -0.5
    angle = math.atan2(-linear[0, 1], linear[1, 1])
    centre = (len(image) - 1) / 2
    to_centre, back = AffineTransform(translation=(-centre, -centre)), AffineTransform(translation=(centre, centre))
    turned = to_centre + AffineTransform(scale=scale) + AffineTransform(rotation=-angle) + back
    warped = warp(image, turned.inverse, order=1, mode="constant", cval=0)
    return warped[:, ::-1] if linear.det() < 0 else warped


def test_scale_and_angle_fill_their_ranges_and_half_are_mirrored():
    linear = random_affine(2000, ALL, generator())[:, :, :2].double()
    scale = linear.det().abs() ** -0.5
    angle = torch.atan2(-linear[:, 0, 1], linear[:, 1, 1]).rad2deg()
    assert 0.7 <= scale.min() < 0.71 and 1.29 < scale.max() <= 1.3
    assert -40 <= angle.min() < -39 and 39 < angle.max() <= 40
    assert abs((linear.det() < 0).double().mean() - 0.5) < 0.045  # four standard deviations


def test_slices_are_scaled_smaller_and_larger(batch):
    settings = AugmentSettings(scale=0.3, rotation_deg=0.0, flip=0.0)
    images, masks = batch[0], torch.zeros(6, 1, 32, 32)
    masks[:, :, 8:24, 8:24] = 1
    side_px = augment(images, masks, settings, generator())[1].sum((1, 2, 3)) ** 0.5
    enlargement = 1 / random_affine(6, settings, generator())[:, 0, 0]
    torch.testing.assert_close(side_px, 16 * enlargement, atol=1.1, rtol=0)
    assert side_px.min() < 16 < side_px.max()


def test_masks_stay_binary_and_in_their_shape(batch):
    images, masks = augment(*batch, ALL, generator())
    assert masks.unique().tolist() == [0, 1]
    assert (images.shape, masks.shape) == (batch[0].shape, batch[1].shape)
    assert images.is_contiguous(memory_format=torch.channels_last)


def test_image_and_mask_move_together(batch):
    masks = batch[1]
    images, moved = augment(masks.expand(6, 3, 32, 32), masks, ALL, generator())
    sure = (images[:, :1] < 0.25) | (images[:, :1] > 0.75)  # not at the rectangle's edge
    assert moved[sure].equal((images[:, :1] > 0.5).float()[sure])
    assert not moved.equal(masks)


def test_what_comes_from_outside_is_0():
    turned = AugmentSettings(scale=0.0, rotation_deg=45.0, flip=0.0)
    images, masks = augment(torch.ones(8, 3, 32, 32), torch.ones(8, 1, 32, 32), turned, generator())
    assert images.amin() == masks.amin() == 0


def test_the_generator_decides(batch):
    first, again, other = (augment(*batch, ALL, generator(seed))[0] for seed in (1, 1, 2))
    assert first.equal(again) and not first.equal(other)


def test_slices_of_a_batch_get_different_draws():
    maps = random_affine(6, ALL, generator())
    assert len(maps.unique(dim=0)) == 6


def new(**settings: float) -> AugmentSettings:
    return AugmentSettings(**NOTHING.model_dump() | settings)


def test_shear_and_shift_at_0_draw_nothing():
    random = generator()
    random_affine(6, ALL, random)
    as_before = generator()
    torch.rand(3, 6, generator=as_before)
    assert random.get_state().equal(as_before.get_state())


def test_shear_fills_its_range_and_preserves_areas():
    linear = random_affine(2000, new(shear_deg=20.0), generator())[:, :, :2]
    assert linear[:, 0, 0].eq(1).all() and linear[:, 1, 0].eq(0).all() and linear[:, 1, 1].eq(1).all()
    angle = linear[:, 0, 1].atan().rad2deg()
    assert -20.001 <= angle.min() < -19.9 and 19.9 < angle.max() <= 20.001
    together = random_affine(50, new(shear_deg=20.0, rotation_deg=30.0, flip=0.5), generator())[:, :, :2]
    torch.testing.assert_close(together.det().abs(), torch.ones(50))


def test_sheared_by_45_degrees_a_row_slides_by_its_height_above_the_centre(batch, monkeypatch):
    # (x, y) of the new slice comes from (x + y, y): row 15, half a pixel above the centre, moves by half a pixel
    sheared = torch.tensor([[1.0, 1.0, 0.0], [0.0, 1.0, 0.0]]).expand(6, 2, 3)
    monkeypatch.setattr(augmentation, "random_affine", lambda *_: sheared)
    images, _ = augment(*batch, NOTHING, generator())
    before, row = batch[0], 20  # 4.5 pixels below the centre
    halfway = (before[:, :, row, 4:] + torch.nn.functional.pad(before, (0, 1))[:, :, row, 5:]) / 2
    torch.testing.assert_close(images[:, :, row, :28], halfway, atol=1e-4, rtol=0)


def test_shift_fills_its_range():
    shift = random_affine(2000, new(shift=0.25), generator())[:, :, 2] / 2  # a side is 2 long
    assert -0.25 <= shift.min() < -0.249 and 0.249 < shift.max() <= 0.25
    assert abs(shift.mean()) < 0.01


def test_shifted_by_a_quarter_of_the_side(batch, monkeypatch):
    shifted = torch.tensor([[1.0, 0.0, 0.5], [0.0, 1.0, 0.0]]).expand(6, 2, 3)  # 8 of 32 pixels to the left
    monkeypatch.setattr(augmentation, "random_affine", lambda *_: shifted)
    images, masks = augment(*batch, NOTHING, generator())
    torch.testing.assert_close(images[:, :, :, :24].contiguous(), batch[0][:, :, :, 8:].contiguous(), atol=1e-4, rtol=0)
    assert images[:, :, :, 24:].eq(0).all()
    assert masks[:, :, :, :24].equal(batch[1][:, :, :, 8:])


def test_displacements_have_the_sd_asked_for_at_the_control_points_and_are_smooth():
    settings = new(elastic_px=2.0, elastic_grid=4)
    displacement_px = random_displacement(1000, 31, settings, generator()) * 31 / 2
    assert displacement_px.shape == (1000, 31, 31, 2)
    control_points_px = displacement_px[:, ::10, ::10]
    assert abs(control_points_px.std() - 2) < 0.05
    assert abs(control_points_px.mean()) < 0.05
    assert displacement_px.diff(dim=1).abs().max() < 2.5  # 10 pixels between control points


def test_bent_images_and_masks_move_together(batch):
    settings = new(elastic_px=2.0)
    masks = batch[1]
    images, moved = augment(masks.expand(6, 3, 32, 32), masks, settings, generator())
    sure = (images[:, :1] < 0.25) | (images[:, :1] > 0.75)
    assert moved[sure].equal((images[:, :1] > 0.5).float()[sure])
    assert moved.unique().tolist() == [0, 1] and not moved.equal(masks)
