import pytest
import torch
from pydantic import ValidationError

from brainseg.archs.shared.input import THREE_CHANNELS_2D, InputSettings, every_channel
from brainseg.core.channels import LGG_CHANNELS
from brainseg.core.errors import UserError


def numbered(slices: int) -> torch.Tensor:
    """(1, slices, 2, 2, 3): the value tells the slice and the channel, 10 * slice + channel."""
    value = 10 * torch.arange(slices)[:, None] + torch.arange(3)
    return value.float()[None, :, None, None].expand(1, slices, 2, 2, 3)


def channels_of(settings: InputSettings) -> list[float]:
    return settings.as_channels(numbered(settings.slices), LGG_CHANNELS)[0, :, 0, 0].tolist()


def test_the_report_saw_one_slice_of_three_channels():
    assert THREE_CHANNELS_2D.in_channels == 3
    assert channels_of(THREE_CHANNELS_2D) == [0, 1, 2]


def test_neighbours_come_slice_by_slice():
    settings = InputSettings(channels=["pre_contrast", "flair", "post_contrast"], neighbours=1)
    assert settings.in_channels == 9
    assert channels_of(settings) == [0, 1, 2, 10, 11, 12, 20, 21, 22]


def test_channels_come_in_the_order_in_which_they_are_named():
    settings = InputSettings(channels=["post_contrast", "flair"], neighbours=1)
    assert settings.in_channels == 6
    assert channels_of(settings) == [2, 1, 12, 11, 22, 21]


def test_channels_are_found_by_name_in_the_order_of_the_data():
    settings, data = InputSettings(channels=["adc", "flair"], neighbours=0), ("flair", "dwi", "adc")
    images = settings.as_channels(numbered(1), data)
    assert images[0, :, 0, 0].tolist() == [2, 0]
    assert (settings.as_channels_numpy(numbered(1).numpy(), data) == images.numpy()).all()
    assert every_channel(data) == InputSettings(channels=["flair", "dwi", "adc"], neighbours=0)


@pytest.mark.parametrize("count", range(1, 9))
def test_data_may_have_one_to_eight_channels(count):
    names = [f"c{number}" for number in range(count)]
    images = every_channel(names).as_channels(torch.arange(count).float().expand(2, 1, 4, 4, count), names)
    assert images[0, :, 0, 0].tolist() == list(range(count))


def test_a_channel_that_the_data_lacks_is_one_line_with_the_datas():
    settings = InputSettings(channels=["t2"], neighbours=0)
    line = "^params.yaml: input.channels names t2; the data has pre_contrast, flair, post_contrast$"
    with pytest.raises(UserError, match=line):
        settings.as_channels(numbered(1), LGG_CHANNELS)


@pytest.mark.parametrize("neighbours", [0, 2])
def test_channels_are_last_in_memory(neighbours):
    settings = InputSettings(channels=["flair", "post_contrast"], neighbours=neighbours)
    images = settings.as_channels(torch.randn(4, settings.slices, 6, 6, 3), LGG_CHANNELS)
    assert images.shape == (4, settings.in_channels, 6, 6)
    assert images.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize(
    ("settings", "reported"),
    [
        ({"channels": [], "neighbours": 0}, "at least 1 item"),
        ({"channels": [f"c{number}" for number in range(9)], "neighbours": 0}, "at most 8 items"),
        ({"channels": ["flair", "flair"], "neighbours": 0}, "names a channel twice; expected each once"),
        ({"channels": ["T2"], "neighbours": 0}, "'T2' is no name of a channel; expected small letters, digits and _"),
        ({"channels": ["flair"], "neighbours": -1}, "greater than or equal to 0"),
    ],
)
def test_other_settings_are_refused(settings, reported):
    with pytest.raises(ValidationError, match=reported):
        InputSettings(**settings)


def index_of(retained: list[bool], neighbours: int) -> list[list[int]]:
    return InputSettings(channels=["flair"], neighbours=neighbours).slice_index(torch.tensor(retained)).tolist()


def test_retained_slices_have_retained_neighbours_and_the_others_any():
    retained = [False, False, True, True, True, False]
    assert index_of(retained, 1) == [[0, 0, 1], [0, 1, 2], [2, 2, 3], [2, 3, 4], [3, 4, 4], [4, 5, 5]]
    assert index_of(retained, 0) == [[0], [1], [2], [3], [4], [5]]


def test_where_no_slice_is_retained_all_are_neighbours():
    assert index_of([False] * 3, 1) == [[0, 0, 1], [0, 1, 2], [1, 2, 2]]


def test_more_neighbours_than_slices_repeat_the_outermost():
    assert index_of([True] * 2, 3) == [[0, 0, 0, 0, 1, 1, 1], [0, 0, 0, 1, 1, 1, 1]]
