import numpy as np
import pytest

from brainseg.audit.channels import channel_findings


@pytest.fixture
def image(rng) -> np.ndarray:
    return rng.integers(1, 250, (6, 8, 8, 3)).astype(np.uint8)


def found(image: np.ndarray, shows_head: np.ndarray | None = None) -> list[tuple]:
    shows_head = np.ones(len(image), bool) if shows_head is None else shows_head
    return [(one.kind, one.slice, one.channel, one.what) for one in channel_findings("P", image, shows_head)]


def test_nothing_is_found_in_channels_that_differ(image):
    assert found(image) == []
    assert found(image[..., :1]) == []


def test_equal_channels_are_named_together(image):
    image[..., 2] = image[..., 1]
    assert found(image) == [("equal channels", 0, 2, "channels 2, 3")]
    image[..., 0] = image[..., 1]
    assert found(image) == [("equal channels", 0, 1, "channels 1, 2, 3")]


def test_channels_that_differ_in_one_voxel_are_not_equal(image):
    image[..., 2] = image[..., 1]
    image[3, 4, 4, 2] ^= 1
    assert found(image) == []


def test_two_pairs_of_four_channels_are_two_findings(image):
    four = image[..., [0, 1, 0, 1]]
    assert [words for _, _, _, words in found(four)] == ["channels 1, 3", "channels 2, 4"]


def test_a_channel_of_one_value_is_found_where_others_show_the_head(image):
    image[[0, 1, 2, 5], ..., 2] = 0
    shows_head = np.array([True, True, True, True, True, False])
    assert found(image, shows_head) == [("constant channel", 2, 3, "channel 3: slices 1 to 3 of 6")]
    image[[0, 1, 2], ..., 0] = 7
    assert len(found(image, shows_head)) == 2


def test_a_slice_that_is_empty_in_all_channels_counts_inside_the_stack_alone(image):
    image[0] = image[5] = 0
    assert found(image) == []
    image[3] = 4
    assert found(image) == [("empty slice inside the stack", 4, 0, "")]
    assert found(np.zeros_like(image)) == []


def test_a_repeated_slice_names_the_first(image):
    image[4] = image[1]
    [one] = channel_findings("P", image, np.ones(6, bool))
    assert (one.kind, one.slice, one.other_patient, one.other_slice) == ("repeated slice", 5, "P", 2)
