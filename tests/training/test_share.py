import pytest
import torch

from brainseg.archs.shared.input import THREE_CHANNELS_2D
from brainseg.training.augmentation import AugmentSettings, augment
from brainseg.training.intensity import IntensitySettings, change_intensity
from brainseg.training.share import Share

SHAPES = AugmentSettings(scale=0.1, rotation_deg=20.0, flip=0.5, shear_deg=5.0, shift=0.1, elastic_px=1.0)
OFF = dict.fromkeys(IntensitySettings.model_fields, 0.0)


def random() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.fixture
def batch() -> tuple[torch.Tensor, torch.Tensor]:
    images = torch.randn(6, 3, 16, 16, generator=random())
    return images, (images[:, :1] > 0).float()


def shares() -> list[Share]:
    return [Share(6, slice(first, first + 2)) for first in (0, 2, 4)]


def test_shares_are_shaped_as_the_whole_batch_is(batch):
    whole = augment(*batch, SHAPES, random())
    parts = [augment(*(each[share.rows] for each in batch), SHAPES, random(), share) for share in shares()]
    for found, expected in zip(map(torch.cat, zip(*parts, strict=True)), whole, strict=True):
        torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("name", OFF)
def test_shares_change_their_intensity_as_the_whole_batch_does(batch, name):
    settings = IntensitySettings(**OFF | {name: 0.5})
    whole = change_intensity(batch[0], settings, THREE_CHANNELS_2D, random())
    parts = [change_intensity(batch[0][share.rows], settings, THREE_CHANNELS_2D, random(), share) for share in shares()]
    torch.testing.assert_close(torch.cat(parts), whole)
    assert not whole.equal(batch[0])


def test_all_have_drawn_the_same_afterwards(batch):
    settings = IntensitySettings(**dict.fromkeys(OFF, 0.5))
    following = set()
    for share in [*shares(), Share.whole(6)]:
        generator = random()
        images, _ = augment(*(each[share.rows] for each in batch), SHAPES, generator, share)
        change_intensity(images, settings, THREE_CHANNELS_2D, generator, share)
        following.add(torch.rand(1, generator=generator).item())
    assert len(following) == 1
