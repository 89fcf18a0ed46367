"""What every architecture must do; a new file in brainseg/archs is tested without a word here."""

import io
import shutil

import pytest
import torch

from brainseg.archs.shared.supervision import supervised_loss
from brainseg.core.components import available
from brainseg.core.components import build as build_component
from brainseg.device import has_bf16
from brainseg.losses.bce import bce

# settings, besides those of params.yaml, that make another network of the same name
FORMS = {
    "unet, space to depth": ("unet", {"stem": "space_to_depth"}),
    "unetpp, deep supervision": ("unetpp", {"deep_supervision": True}),
    "resunet, deep supervision": ("resunet", {"deep_supervision": True, "stem": "space_to_depth"}),
    "resunet, instance norm": ("resunet", {"norm": "instance"}),
    "refining_unet, no attention": ("refining_unet", {"token_layers": 0}),
    "refining_unet, coarsened": ("refining_unet", {"coarsening": 2, "levels": 4}),
}
ALL = {name: (name, {}) for name in available("archs")} | FORMS


@pytest.fixture(params=ALL)
def build(request, params):
    name, changes = ALL[request.param]
    return build_component("archs", name, {"archs": {name: params["archs"][name] | changes}})


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


@pytest.mark.parametrize("side_px", [15, 17, 24, 40, 63])
def test_other_sides_are_an_error_and_never_a_wrong_size(network, side_px):
    assert side_px % network.divisor  # what `check` refuses before any work
    with pytest.raises(RuntimeError):
        network(torch.zeros(1, 3, side_px, side_px))


def test_gradients_reach_every_parameter(network):
    network.train()
    images = batch(network, 3)
    target = (images[:, :1] > 0.5).float()
    supervised_loss(network(images), target, bce).backward()
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


def test_without_gradients_it_gives_the_same(network):
    images = batch(network, 2)
    with torch.inference_mode():  # where PyTorch would compute a transformer's layer in one piece
        found = network(images)
    torch.testing.assert_close(found, network(images), atol=1e-5, rtol=1e-5)


def test_no_transformer_layer_is_fused(network):
    # compiled by PyTorch's own compiler, which is too slow for a test, a fused one fails
    layers = [module for module in network.modules() if isinstance(module, torch.nn.TransformerEncoderLayer)]
    assert not any(layer.activation_relu_or_gelu for layer in layers)


def blobs(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Images of 64 x 64 with bright blobs, and where these are."""
    generator = torch.Generator().manual_seed(count)
    coarse = torch.randn(count, 1, 8, 8, generator=generator)
    smooth = torch.nn.functional.interpolate(coarse, size=(64, 64), mode="bicubic")
    return smooth + 0.2 * torch.randn(count, 3, 64, 64, generator=generator), (smooth > 1.2).float()


def learnt(network: torch.nn.Module) -> torch.nn.Module:
    """Some steps away from the random start, where all its probabilities are alike."""
    optimizer = torch.optim.Adam(network.train().parameters(), lr=5e-3)
    images, target = blobs(4)
    for _ in range(30):
        supervised_loss(network(images), target, bce).backward()
        optimizer.step()
        optimizer.zero_grad()
    return network.eval()


@pytest.mark.skipif(not has_bf16(torch.device("cpu")), reason="no bf16 here: emulated it takes minutes")
def test_bf16_gives_nearly_the_same_probabilities(network):
    network, (images, _) = learnt(network), blobs(2)
    with torch.inference_mode():
        expected = network(images).sigmoid()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            found = network(images).float().sigmoid()
    off = (found - expected).abs()
    assert expected.std() > 0.1
    # some pixels at an edge may be further off, and the tokens of the refining network: the least certain pixels
    assert (off > 1e-2).float().mean() < getattr(network, "token_share", 0.005)
    assert off.mean() < 1e-3


@pytest.mark.slow
@pytest.mark.skipif(not (shutil.which("g++") or shutil.which("clang++")), reason="no C++ compiler")
@pytest.mark.parametrize("training", [False, True])
def test_compiled_it_gives_the_same(network, training):
    network.train(training)
    images = batch(network, 2)
    # traced whole and run by PyTorch's own kernels: machine code for each would take a minute a network
    compiled = torch.compile(network, backend="aot_eager", fullgraph=True)
    torch.testing.assert_close(compiled(images), network(images), atol=1e-5, rtol=1e-5)


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


@pytest.mark.parametrize("in_channels", [1, 2, 9])
def test_the_number_of_input_channels_is_free(build, in_channels):
    network = build(in_channels).eval()
    side_px = 2 * network.divisor
    assert network(torch.zeros(1, in_channels, side_px, side_px)).shape == (1, 1, side_px, side_px)
