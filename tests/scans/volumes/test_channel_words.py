import pytest

from brainseg.core.channels import LGG_CHANNELS
from brainseg.scans.volumes.channel_words import channel_of, keys_of, ordered, short


@pytest.mark.parametrize(
    ("word", "channel"),
    [
        ("t1n", "pre_contrast"),
        ("T1", "pre_contrast"),
        ("T1w", "pre_contrast"),
        ("t1c", "post_contrast"),
        ("T1ce", "post_contrast"),
        ("T1 Gd", "post_contrast"),
        ("FLAIR", "flair"),
        ("t2f", "flair"),
        ("t2w", "t2"),
        ("T2", "t2"),
        ("ADC", "adc"),
        ("DWI (b=1000)", "dwi_b_1000"),
        ("pre_contrast", "pre_contrast"),
    ],
)
def test_words_of_brats_of_nnunet_and_of_radiology(word, channel):
    assert channel_of(word) == channel


def test_the_main_channel_comes_first_and_has_a_short_name():
    assert ordered(LGG_CHANNELS) == ["flair", "pre_contrast", "post_contrast"]
    assert [short(name) for name in ordered(LGG_CHANNELS)] == ["flair", "pre", "post"]
    assert ordered(("adc", "dwi")) == ["adc", "dwi"]


def test_keys_are_short_and_long_names():
    assert keys_of(LGG_CHANNELS) == {
        "flair": "flair",
        "pre": "pre_contrast",
        "pre_contrast": "pre_contrast",
        "post": "post_contrast",
        "post_contrast": "post_contrast",
    }
    assert keys_of(("adc", "dwi")) == {"adc": "adc", "dwi": "dwi"}
