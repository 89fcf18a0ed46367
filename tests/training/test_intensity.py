import math

import pytest
import torch

from brainseg.archs.shared.input import THREE_CHANNELS_2D, InputSettings
from brainseg.training.bias_field import random_bias_field
from brainseg.training.intensity import IntensitySettings, change_intensity

OFF = dict.fromkeys(["bias_field", "gamma", "blur_px", "gain", "offset", "noise", "channel_dropout"], 0.0)
ONE_EACH = [
    {"bias_field": 0.3},
    {"gamma": 0.3},
    {"blur_px": 1.5},
    {"gain": 0.25},
    {"offset": 0.3},
    {"noise": 0.15},
    {"channel_dropout": 0.5},
]
WITH_NEIGHBOURS = InputSettings(channels=["flair", "post_contrast"], neighbours=1)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def images(count: int = 8, channels: int = 3) -> torch.Tensor:
    drawn = torch.randn(count, channels, 16, 16, generator=generator(5))
    return drawn.contiguous(memory_format=torch.channels_last)


def changed(
    x: torch.Tensor, network_input: InputSettings = THREE_CHANNELS_2D, seed: int = 0, **settings: float
) -> torch.Tensor:
    return change_intensity(x, IntensitySettings(**OFF | settings), network_input, generator(seed))


def test_off_it_changes_nothing_and_draws_nothing():
    random = generator()
    assert change_intensity(images(), IntensitySettings(**OFF), THREE_CHANNELS_2D, random).equal(images())
    assert random.get_state().equal(generator().get_state())


@pytest.mark.parametrize("settings", ONE_EACH, ids=lambda settings: next(iter(settings)))
def test_each_changes_the_slices_as_the_generator_decides(settings):
    first, again, other = (changed(images(), seed=seed, **settings) for seed in (1, 1, 2))
    assert first.equal(again) and not first.equal(other) and not first.equal(images())
    assert first.shape == images().shape and first.dtype == torch.float32
    assert first.is_contiguous(memory_format=torch.channels_last)
    assert first.isfinite().all()


@pytest.mark.parametrize("settings", ONE_EACH[:-1], ids=lambda settings: next(iter(settings)))
def test_a_small_setting_changes_little(settings):
    tiny = dict.fromkeys(settings, 0.0001)
    torch.testing.assert_close(changed(images(), **tiny), images(), atol=5e-3, rtol=0)


def test_gain_fills_its_range_with_one_number_a_slice_and_channel():
    factor = changed(images(400), gain=0.25) / images(400)
    assert factor.std((2, 3)).max() < 1e-3
    per_channel = factor.median(2).values.median(2).values
    assert 0.75 <= per_channel.min() < 0.755 and 1.245 < per_channel.max() <= 1.25001
    assert len(per_channel.flatten().unique()) > 1000


def test_offset_fills_its_range_with_one_number_a_slice_and_channel():
    added = changed(images(400), offset=0.3) - images(400)
    assert added.std((2, 3)).max() < 1e-5
    per_channel = added.mean((2, 3))
    assert -0.30001 <= per_channel.min() < -0.295 and 0.295 < per_channel.max() <= 0.30001


def test_the_sd_of_the_noise_fills_its_range():
    sd = (changed(images(400), noise=0.2) - images(400)).std((2, 3))
    assert sd.min() < 0.005 and 0.19 < sd.max() < 0.23  # the SD of 256 pixels is itself uncertain


def test_gamma_by_hand():
    # minimum -1, maximum 3: a pixel in the middle has u = 1/2 and goes to -1 + 4 * 0.5 ** exponent
    x = torch.tensor([[-1.0, 1.0], [3.0, 3.0]]).expand(1, 3, 2, 2)
    exponent = (0.4 * (2 * torch.rand(3, generator=generator()) - 1)).exp()
    found = changed(x, gamma=0.4)[0]
    torch.testing.assert_close(found[:, 0, 1], -1 + 4 * 0.5**exponent)
    torch.testing.assert_close(found[:, 1], torch.full((3, 2), 3.0))
    torch.testing.assert_close(found[:, 0, 0], torch.full((3,), -1.0))


def test_the_bias_field_scales_what_is_above_the_darkest_pixel():
    field = random_bias_field((8, 1, 3), 16, 0.4, generator())[:, 0]
    darkest = images().amin((2, 3), keepdim=True)
    torch.testing.assert_close(changed(images(), bias_field=0.4), darkest + (images() - darkest) * field)


@pytest.mark.parametrize("settings", [*ONE_EACH[:2], {"blur_px": 1.0}])
def test_a_channel_of_one_value_stays_as_it_is(settings):
    x = torch.zeros(2, 3, 8, 8)
    torch.testing.assert_close(changed(x, **settings), x)


def test_channel_dropout_copies_flair_over_one_of_the_others():
    found = changed(images(400), channel_dropout=0.5)
    flair = images(400)[:, 1:2]
    copied = (found == flair).all(dim=(2, 3))  # (B, 3)
    assert copied[:, 1].all()
    lost = copied[:, [0, 2]].sum(1)
    assert lost.max() == 1
    assert abs(lost.float().mean() - 0.5) < 4 * math.sqrt(0.25 / 400)
    assert 60 < copied[:, 0].sum() < 140  # either one alike
    untouched = ~copied
    assert found[untouched].equal(images(400)[untouched])


def test_the_copy_of_flair_is_exact_whatever_else_is_changed():
    found = changed(images(20), channel_dropout=1.0, gain=0.2, offset=0.2, noise=0.1, gamma=0.2)
    assert ((found == found[:, 1:2]).all(dim=(2, 3)).sum(1) == 2).all()


def test_without_flair_the_first_channel_takes_the_place_of_another():
    own = InputSettings(channels=["t2", "adc", "dwi"], neighbours=0)
    found = changed(images(40), own, channel_dropout=1.0)
    assert found[:, 0].equal(images(40)[:, 0])
    assert ((found == found[:, :1]).all(dim=(2, 3)).sum(1) == 2).all()


def test_neighbouring_slices_are_changed_alike_but_for_the_noise():
    same = images(4, 2).repeat(1, 3, 1, 1)  # three slices, all the same
    settings = {"bias_field": 0.3, "gamma": 0.3, "blur_px": 1.0, "gain": 0.2, "offset": 0.2, "channel_dropout": 0.5}
    found = changed(same, WITH_NEIGHBOURS, **settings)
    assert found[:, :2].equal(found[:, 2:4]) and found[:, :2].equal(found[:, 4:])
    noisy = changed(same, WITH_NEIGHBOURS, noise=0.1)
    assert not noisy[:, :2].equal(noisy[:, 2:4])
