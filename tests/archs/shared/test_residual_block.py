import pytest
import torch
from torch import nn

from brainseg.archs.shared.residual_block import ResidualBlock, normalisation


def images(channels: int = 4) -> torch.Tensor:
    return torch.randn(2, channels, 8, 8, generator=torch.Generator().manual_seed(0))


def without_residual(block: ResidualBlock) -> ResidualBlock:
    """The last norm of the residual made to give 0."""
    nn.init.zeros_(block.residual[-1].weight)
    return block.eval()


def test_without_a_residual_what_comes_in_goes_out():
    block = without_residual(ResidualBlock(4, 4, stride=1, norm="batch"))
    assert block(images()).equal(nn.functional.leaky_relu(images(), 0.01))


def test_at_stride_2_what_comes_in_is_averaged():
    block = without_residual(ResidualBlock(4, 4, stride=2, norm="batch"))
    expected = nn.functional.leaky_relu(nn.functional.avg_pool2d(images(), 2), 0.01)
    torch.testing.assert_close(block(images()), expected)


@pytest.mark.parametrize("norm", ["batch", "instance"])
def test_channels_and_resolution_change_as_asked(norm):
    assert ResidualBlock(4, 6, stride=2, norm=norm)(images()).shape == (2, 6, 4, 4)
    assert len(ResidualBlock(4, 4, stride=1, norm=norm).shortcut) == 0


def test_instance_norm_takes_each_slice_and_channel_by_itself():
    normalised = normalisation("instance", 4)(images())
    torch.testing.assert_close(normalised.mean((2, 3)), torch.zeros(2, 4), atol=1e-6, rtol=0)
    torch.testing.assert_close(normalised.var((2, 3), correction=0), torch.ones(2, 4), atol=1e-4, rtol=0)
