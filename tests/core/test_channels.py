import pytest

from brainseg.core.channels import LGG_CHANNELS, check_names, in_words, main_channel, places
from brainseg.core.errors import UserError


@pytest.mark.parametrize(
    ("channels", "main"), [(LGG_CHANNELS, 1), (("t1", "t2", "flair"), 2), (("adc", "dwi"), 0), (("ct",), 0)]
)
def test_the_main_channel_is_flair_or_else_the_first(channels, main):
    assert main_channel(channels) == main


def test_channels_have_their_places_in_the_data():
    assert places(["post_contrast", "flair"], LGG_CHANNELS) == [2, 1]


def test_an_unknown_channel_is_one_line_that_lists_the_datas():
    with pytest.raises(UserError, match="^params.yaml: input.channels names t2; the data has dwi, adc$"):
        places(["dwi", "t2"], ("dwi", "adc"))


@pytest.mark.parametrize("channels", [LGG_CHANNELS, ("t2",), ("b1000", "adc_2")])
def test_names_that_are_right(channels):
    check_names(channels)


@pytest.mark.parametrize(
    ("channels", "reported"),
    [
        ((), "has 0 channels; expected 1 to 8"),
        (tuple("abcdefghi"), "has 9 channels; expected 1 to 8"),
        (("FLAIR",), "'FLAIR' is no name of a channel; expected small letters, digits and _, such as t2"),
        (("3t",), "'3t' is no name"),
        (("a" * 41,), "is no name"),
        (("t1 w",), "'t1 w' is no name"),
        (("t1", "t2", "t1"), "t1, t2, t1 names a channel twice; expected each once"),
    ],
)
def test_other_names_are_refused(channels, reported):
    with pytest.raises(ValueError, match=reported):
        check_names(channels)


def test_flair_is_written_as_people_write_it():
    assert [in_words(name) for name in ("flair", "t2")] == ["FLAIR", "t2"]
