"""What every architecture must do; a new file in brainseg/archs is tested without a word here."""

import io

import pytest
import torch

from brainseg.components import load, names


@pytest.fixture(params=names("archs"))
def build(request, params):
    return load("archs", request.param, params)


@pytest.fixture
def network(build) -> torch.nn.Module:
    torch.manual_seed(0)
    return build(3).eval()


def batch(network: torch.nn.Module, count: int, rows: int = 2, columns: int = 3) -> torch.Tensor:
    """Images whose sides are multiples of the divisor."""
    shape = (count, 3, rows * network.divisor, columns * network.divisor)
    return torch.randn(shape, generator=torch.Generator().manual_seed(count))


@pytest.mark.parametrize(("count", "rows", "columns"), [(1, 2, 3), (3, 3, 2), (2, 2, 2), (5, 2, 4)])
def test_a_logit_for_every_pixel(network, count, rows, columns):
    images = batch(network, count, rows, columns)
    assert network(images).shape == (count, 1, *images.shape[2:])


def test_gradients_reach_every_parameter(network):
    network.train()
    network(batch(network, 3)).square().mean().backward()
    without = [name for name, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    assert without == []
    assert all(parameter.grad.isfinite().all() for parameter in network.parameters())


def test_slices_of_a_batch_do_not_mix(network):
    images = batch(network, 3)
    alone = torch.cat([network(image[None]) for image in images])
    torch.testing.assert_close(network(images), alone, atol=1e-5, rtol=1e-4)


def test_the_output_depends_on_every_channel(network):
    images = batch(network, 1).requires_grad_()
    network(images).square().sum().backward()
    assert images.grad.abs().sum((0, 2, 3)).min() > 0


def test_channels_last_gives_the_same(network):
    images = batch(network, 2)
    expected = network(images)
    network.to(memory_format=torch.channels_last)
    torch.testing.assert_close(
        network(images.contiguous(memory_format=torch.channels_last)), expected, atol=1e-5, rtol=1e-5
    )


def test_saved_and_loaded_weights_give_the_same(network, build):
    network.train()
    network(batch(network, 3))  # moves running statistics, which must be saved too
    file = io.BytesIO()
    torch.save(network.state_dict(), file)
    file.seek(0)
    torch.manual_seed(1)
    other = build(3).eval()
    images = batch(network, 2)
    assert not other(images).equal(network.eval()(images))
    other.load_state_dict(torch.load(file, weights_only=True))
    assert other(images).equal(network(images))


def test_the_seed_decides_the_initial_weights(build):
    def weights(seed: int) -> list[torch.Tensor]:
        torch.manual_seed(seed)
        return list(build(3).parameters())

    assert all(first.equal(again) for first, again in zip(weights(1), weights(1), strict=True))
    assert not all(first.equal(other) for first, other in zip(weights(1), weights(2), strict=True))


def test_the_number_of_input_channels_is_free(build):
    network = build(1).eval()
    side_px = 2 * network.divisor
    assert network(torch.zeros(1, 1, side_px, side_px)).shape == (1, 1, side_px, side_px)
