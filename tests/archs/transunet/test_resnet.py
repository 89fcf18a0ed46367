import math

import pytest
import torch
from torch import nn
from torch.nn.functional import conv2d, pad, relu

from brainseg.archs.transunet.resnet import Bottleneck, ResidualStem, StandardisedConv, group_norm, pad_as_tensorflow


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(
    ("kernel_size", "stride", "before", "after"), [(7, 2, 2, 3), (3, 2, 0, 1), (3, 1, 1, 1), (1, 1, 0, 0), (1, 2, 0, 0)]
)
def test_a_convolution_equals_torchs_with_filters_standardised_by_hand(kernel_size, stride, before, after):
    convolution = StandardisedConv(3, 5, kernel_size, stride)
    convolution.weight.data = drawn(5, 3, kernel_size, kernel_size) + 1
    x = drawn(2, 3, 8, 12, seed=1)
    filters = convolution.weight.double().flatten(1)
    filters = filters - filters.sum(1, keepdim=True) / filters.shape[1]
    filters = filters / (filters.square().sum(1, keepdim=True) / filters.shape[1]).sqrt()
    padded = pad(x.double(), (before, after, before, after))
    expected = conv2d(padded, filters.view(5, 3, kernel_size, kernel_size), stride=stride)
    found = convolution(x)
    assert found.shape == (2, 5, 8 // stride, 12 // stride)
    torch.testing.assert_close(found.double(), expected, atol=1e-4, rtol=1e-4)


def test_neither_scale_nor_mean_of_a_filter_matters():
    convolution, x = StandardisedConv(3, 4, 3), drawn(1, 3, 8, 8)
    convolution.weight.data = drawn(4, 3, 3, 3)
    expected = convolution(x)
    # weights decay in training, as their scale costs nothing: trained filters are small
    convolution.weight.data *= torch.tensor([0.01, 1.0, 5.0, 100.0]).view(4, 1, 1, 1)
    convolution.weight.data += torch.tensor([0.0, -1.0, 2.0, 30.0]).view(4, 1, 1, 1)
    torch.testing.assert_close(convolution(x), expected, atol=1e-3, rtol=1e-3)


def test_a_constant_filter_answers_nothing():
    convolution = StandardisedConv(3, 2, 3)
    nn.init.constant_(convolution.weight, 0.5)
    found = convolution(drawn(1, 3, 4, 4))
    assert found.abs().max() == 0
    found.sum().backward()
    assert convolution.weight.grad.isfinite().all()


@pytest.mark.parametrize(
    ("kernel_size", "stride", "before", "after"), [(7, 2, 2, 3), (3, 2, 0, 1), (3, 1, 1, 1), (7, 1, 3, 3), (1, 2, 0, 0)]
)
def test_the_odd_pixel_of_padding_is_at_the_bottom_and_the_right(kernel_size, stride, before, after):
    x = drawn(1, 2, 4, 6)
    found = pad_as_tensorflow(x, kernel_size, stride, value=9.0)
    expected = torch.full((1, 2, before + 4 + after, before + 6 + after), 9.0)
    expected[:, :, before : before + 4, before : before + 6] = x
    assert found.equal(expected)


def test_padding_is_zero_unless_set():
    assert pad_as_tensorflow(torch.ones(1, 1, 2, 2), 3, 2).tolist() == [[[[1, 1, 0], [1, 1, 0], [0, 0, 0]]]]


@pytest.mark.parametrize(("channels", "groups"), [(4, 2), (8, 4), (12, 2), (16, 8), (32, 16), (64, 32), (1024, 32)])
def test_at_most_32_groups_of_two_channels_or_more(channels, groups):
    norm = group_norm(channels)
    assert (norm.num_groups, norm.num_channels) == (groups, channels)


def test_groups_divide_all_channels_that_a_stem_can_have():
    for channels in range(4, 2049, 4):
        groups = group_norm(channels).num_groups
        assert channels % groups == 0 and channels // groups >= 2 and groups <= 32


def test_a_bottleneck_preserves_what_agrees_in_shape():
    bottleneck, x = Bottleneck(8, 8, 1), drawn(2, 8, 4, 6)
    assert isinstance(bottleneck.shortcut, nn.Identity)
    assert not bottleneck(x).equal(relu(x))
    nn.init.zeros_(bottleneck.norm3.weight)
    nn.init.zeros_(bottleneck.norm3.bias)
    assert bottleneck(x).equal(relu(x))


@pytest.mark.parametrize(("out_channels", "stride"), [(16, 1), (8, 2), (16, 2)])
def test_a_bottleneck_convolves_what_does_not_agree(out_channels, stride):
    bottleneck, x = Bottleneck(8, out_channels, stride), drawn(2, 8, 4, 6)
    nn.init.zeros_(bottleneck.norm3.weight)
    nn.init.zeros_(bottleneck.norm3.bias)
    convolution, norm = bottleneck.shortcut
    assert convolution.weight.shape == (out_channels, 8, 1, 1)
    assert bottleneck(x).shape == (2, out_channels, 4 // stride, 6 // stride)
    assert bottleneck(x).equal(relu(norm(convolution(x))))


def test_a_bottleneck_strides_in_its_second_convolution_and_is_narrow_inside():
    bottleneck = Bottleneck(8, 16, 2)
    convolutions = [bottleneck.conv1, bottleneck.conv2, bottleneck.conv3]
    assert [c.weight.shape for c in convolutions] == [(4, 8, 1, 1), (4, 4, 3, 3), (16, 4, 1, 1)]
    assert [c.stride[0] for c in convolutions] == [1, 2, 1]
    x = drawn(1, 8, 6, 6)
    inner = relu(bottleneck.norm1(bottleneck.conv1(x)))
    inner = relu(bottleneck.norm2(bottleneck.conv2(inner)))
    expected = relu(bottleneck.norm3(bottleneck.conv3(inner)) + bottleneck.shortcut(x))
    torch.testing.assert_close(bottleneck(x), expected)


@pytest.mark.parametrize(("height", "width"), [(16, 48), (64, 32)])
def test_maps_halve_in_side_and_grow_in_channels(height, width):
    stem = ResidualStem(2, 4, [1, 2, 3])
    assert stem.channels == [4, 16, 32, 64]
    assert [len(stage) for stage in stem.stages] == [1, 2, 3]
    shapes = [tuple(found.shape) for found in stem(drawn(3, 2, height, width))]
    assert shapes == [
        (3, 4, height // 2, width // 2),
        (3, 16, height // 4, width // 4),
        (3, 32, height // 8, width // 8),
        (3, 64, height // 16, width // 16),
    ]


def test_the_greatest_of_three_by_three_goes_on_to_the_stages():
    stem = ResidualStem(3, 4, [1, 1, 1])
    stem.stages = nn.ModuleList([nn.Identity()])
    root, pooled = stem(drawn(1, 3, 16, 16))
    assert root.shape == (1, 4, 8, 8)
    expected = pad(root, (0, 1, 0, 1), value=-math.inf).unfold(2, 3, 2).unfold(3, 3, 2).amax((4, 5))
    assert pooled.equal(expected)


def test_each_map_is_made_of_the_one_before():
    stem = ResidualStem(3, 4, [1, 2, 1])
    maps = stem(drawn(1, 3, 32, 32))
    assert stem.stages[1](maps[1]).equal(maps[2])
    assert stem.stages[2](maps[2]).equal(maps[3])
    assert all(found.min() == 0 for found in maps)  # after a ReLU
