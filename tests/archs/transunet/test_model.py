from itertools import pairwise

import pytest
import torch
from torch import nn

from brainseg.archs.transunet import model as module
from brainseg.core.components import build
from brainseg.core.errors import UserError
from tests.archs.builders import transunet

PAPER = {"features": 64, "blocks": [3, 4, 9], "width": 768, "layers": 12, "heads": 12, "grid": 14, "dropout": 0.1}
PAPER |= {"pretrained": False}
SMALL = {"features": 4, "blocks": [1, 2, 1], "width": 8, "layers": 2, "heads": 2, "grid": 4, "dropout": 0.0}
SMALL |= {"pretrained": False}


def small(**changes: object) -> nn.Module:
    torch.manual_seed(0)
    return transunet(3, **SMALL | changes).eval()


def coarsest(*shape: int, seed: int = 0) -> torch.Tensor:
    """A map like the stem's last one, of a small network."""
    return torch.randn(shape[0], 64, *shape[1:], generator=torch.Generator().manual_seed(seed))


def slices(count: int, height: int, width: int) -> torch.Tensor:
    return torch.randn(count, 3, height, width, generator=torch.Generator().manual_seed(count))


def first_tokens(network: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """What the first layer is given, (N, h, w, width)."""
    seen = []
    hook = network.layers[0].register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    network.encode(x)
    hook.remove()
    return seen[0].unflatten(1, x.shape[2:])


def silence_skip(network: nn.Module, decoder: int) -> None:
    """Zero what a decoder's first convolution does with the skip, the last of its channels."""
    channels = network.stem.channels[2 - decoder]
    nn.init.zeros_(network.decoders[decoder][0].weight.data[:, -channels:])


def test_has_the_parameters_of_r50_and_vit_b16():
    def bottlenecks(before: int, after: int, count: int) -> int:
        inner = after // 4
        norms = 2 * (inner + inner + after)
        first = before * inner + 9 * inner * inner + inner * after + norms + before * after + 2 * after  # a shortcut
        return first + (count - 1) * (after * inner + 9 * inner * inner + inner * after + norms)

    def convolutions(*channels: int) -> int:  # 3 x 3, each with the batch norm that follows
        return sum(9 * before * after + 2 * after for before, after in pairwise(channels))

    expected = {
        "stem": 49 * 3 * 64 + 128 + bottlenecks(64, 256, 3) + bottlenecks(256, 512, 4) + bottlenecks(512, 1024, 9),
        "to_tokens": 1024 * 768 + 768,
        "position": 14 * 14 * 768,
        "layers": 12 * (4 * 768 * (768 + 1) + 2 * 768 * 3072 + 3072 + 768 + 4 * 768),  # 85,054,464
        "norm": 2 * 768,
        "from_tokens": convolutions(768, 512),
        "decoders": convolutions(512 + 512, 256, 256)
        + convolutions(256 + 256, 128, 128)
        + convolutions(128 + 64, 64, 64)
        + convolutions(64, 16, 16),
        "head": 9 * 16 + 1,
    }
    with torch.device("meta"):
        network = transunet(3, **PAPER)
    found = dict.fromkeys(expected, 0)
    for name, parameter in network.named_parameters():
        found[name.split(".")[0]] += parameter.numel()
    assert found == expected
    assert sum(expected.values()) == 105_275_921


def test_sides_must_divide_by_16():
    network = small()
    assert network.divisor == 16
    assert network(slices(1, 16, 48)).shape == (1, 1, 16, 48)
    for height, width in [(32, 40), (40, 32), (33, 32), (32, 31)]:
        with pytest.raises(RuntimeError, match=rf"sides are \({height}, {width}\); expected multiples of 16"):
            network(slices(1, height, width))


def test_a_token_stands_for_each_place_row_by_row():
    network = small()
    for layer in network.layers:  # so that a token sees no other
        nn.init.zeros_(layer.self_attn.out_proj.weight)
    x = coarsest(1, 2, 3)
    changed = x.clone()
    changed[0, :, 1, 0] += 1
    found, expected = network.encode(changed), network.encode(x)
    assert found.shape == (1, 6, 8)  # and none for a class
    assert (found != expected).any(2).nonzero().tolist() == [[0, 3]]


def test_tokens_return_to_their_places():
    network, image, seen = small(), slices(2, 32, 48), []
    network.from_tokens.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    network(image)
    tokens = network.encode(network.stem(image)[-1])
    assert seen[0].shape == (2, 8, 2, 3)
    for row in range(2):
        for column in range(3):
            torch.testing.assert_close(seen[0][:, :, row, column], tokens[:, 3 * row + column])


def test_a_token_attends_to_all_places():
    network, x = small(layers=1), coarsest(1, 3, 4).requires_grad_()
    network.encode(x)[0, 0].square().sum().backward()
    assert x.grad.abs().sum(1).min() > 0


def test_only_positions_give_the_order_of_tokens():
    network, x = small(), coarsest(1, 4, 4)
    order = torch.randperm(16, generator=torch.Generator().manual_seed(0))
    permuted = x.flatten(2)[:, :, order].unflatten(2, (4, 4))
    assert not torch.allclose(network.encode(permuted), network.encode(x)[:, order], atol=1e-3)
    nn.init.zeros_(network.position)
    torch.testing.assert_close(network.encode(permuted), network.encode(x)[:, order], atol=1e-5, rtol=1e-5)


def test_positions_are_added_as_learnt_on_their_own_grid():
    network, x = small(), coarsest(2, 4, 4)
    expected = network.to_tokens(x) + network.position
    assert first_tokens(network, x).equal(expected.permute(0, 2, 3, 1))


@pytest.mark.parametrize("shape", [(1, 1), (2, 7), (8, 8), (4, 5)])
def test_constant_positions_stay_constant_on_other_grids(shape):
    network = small()
    constant = torch.arange(8.0)
    network.position.data[:] = constant[:, None, None]
    added = first_tokens(network, coarsest(1, *shape)) - network.to_tokens(coarsest(1, *shape)).permute(0, 2, 3, 1)
    torch.testing.assert_close(added, constant.expand(1, *shape, 8), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(("rows", "columns"), [(3, 1), (1, 3), (3, 3)])
def test_a_finer_grid_has_the_learnt_positions_in_the_middles_of_places(rows, columns):
    network, x = small(), coarsest(1, 4 * rows, 4 * columns)
    added = first_tokens(network, x) - network.to_tokens(x).permute(0, 2, 3, 1)
    middles = added[:, rows // 2 :: rows, columns // 2 :: columns]
    torch.testing.assert_close(middles, network.position.permute(0, 2, 3, 1), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("decoder", range(3))
def test_each_skip_matters(decoder):
    network, image = small(), slices(1, 32, 48)
    with_it = network(image)
    silence_skip(network, decoder)
    assert not torch.allclose(network(image), with_it, atol=1e-6)


@pytest.mark.parametrize("kept", range(3))
def test_each_skip_alone_carries_detail_past_the_transformer(kept):
    network, image = small(), slices(1, 32, 48)
    nn.init.zeros_(network.from_tokens[1].weight)  # nothing comes up from the transformer
    for decoder in {0, 1, 2} - {kept}:
        silence_skip(network, decoder)
    assert not torch.allclose(network(image), network(image.flip(3)), atol=1e-6)
    silence_skip(network, kept)
    assert network(image).equal(network(image.flip(3)))  # there is no other way


def test_the_transformer_alone_carries_the_image():
    network, image = small(), slices(1, 32, 48)
    for decoder in range(3):
        silence_skip(network, decoder)
    assert not torch.allclose(network(image), network(image.flip(3)), atol=1e-6)
    assert network.decoders[3][0].in_channels == 4  # none at full size: features, and no skip


def test_dropout_acts_in_training_only():
    network, x = small(dropout=0.5), coarsest(1, 4, 4)
    expected = small(dropout=0.0).encode(x)
    torch.testing.assert_close(network.encode(x), expected)
    network.train()
    assert not network.encode(x).equal(network.encode(x))


def test_without_dropout_tokens_are_the_same_in_training():
    network, x = small(dropout=0.0), coarsest(2, 4, 4)
    torch.testing.assert_close(network.train().encode(x), network.eval().encode(x))


def test_layers_are_normalised_first_and_attend_with_several_heads():
    network, x = small(), coarsest(1, 2, 3)
    tokens = first_tokens(network, x).flatten(1, 2)
    for layer in network.layers:
        attention = layer.self_attn
        mixed = nn.functional.linear(layer.norm1(tokens), attention.in_proj_weight, attention.in_proj_bias)
        query, key, value = mixed.view(1, 6, 3, 2, 4).permute(2, 0, 3, 1, 4)  # two heads of four
        shares = (query @ key.transpose(2, 3) / 2).softmax(3)  # by the root of four
        tokens = tokens + attention.out_proj((shares @ value).transpose(1, 2).flatten(2))
        tokens = tokens + layer.linear2(nn.functional.gelu(layer.linear1(layer.norm2(tokens))))
    torch.testing.assert_close(network.encode(x), network.norm(tokens))


def test_upsampling_goes_evenly_from_corner_to_corner():
    network, seen = small(), []
    network.from_tokens.register_forward_hook(lambda _, given, found: seen.append(found))
    network.decoders[0].register_forward_pre_hook(lambda _, given: seen.append(given[0][:, :32]))
    network(slices(1, 32, 48))
    coarse, fine = seen
    assert (coarse.shape, fine.shape) == ((1, 32, 2, 3), (1, 32, 4, 6))
    for row in range(4):  # of which the first and the last are the two there were
        expected = (1 - row / 3) * coarse[:, :, 0] + row / 3 * coarse[:, :, 1]
        torch.testing.assert_close(fine[:, :, row, ::5], expected[:, :, ::2])


def test_logits_are_not_squashed():
    network = small()
    nn.init.constant_(network.head.bias, 50.0)
    assert network(torch.zeros(1, 3, 16, 16)).min() > 10


@pytest.mark.parametrize(
    ("given", "reported"),
    [
        (SMALL | {"width": 10, "heads": 4}, "archs.transunet: heads is 4; expected a number that divides width, 10"),
        (SMALL | {"blocks": [1, 0, 1]}, "archs.transunet: blocks is [1, 0, 1]; expected three numbers from 1"),
        (SMALL | {"blocks": [3, 4, 9, 3]}, "archs.transunet.blocks is [3, 4, 9, 3]; expected "),
        (SMALL | {"blocks": [3, 4]}, "archs.transunet.blocks is [3, 4]; expected "),
        (SMALL | {"features": 6}, "archs.transunet.features is 6; expected a multiple of 4"),
        (SMALL | {"features": 0}, "archs.transunet.features is 0; expected greater than or equal to 4"),
        (SMALL | {"layers": 0}, "archs.transunet.layers is 0; expected greater than or equal to 1"),
        (SMALL | {"grid": 0}, "archs.transunet.grid is 0; expected greater than or equal to 1"),
        (SMALL | {"dropout": 1.0}, "archs.transunet.dropout is 1.0; expected less than 1"),
        (
            PAPER | {"pretrained": True, "grid": 16},
            "archs.transunet: pretrained is true and grid is 16; the public weights have grid 14",
        ),
        (
            PAPER | {"pretrained": True, "blocks": [3, 4, 6], "heads": 8},
            "pretrained is true and blocks is [3, 4, 6], heads is 8; "
            "the public weights have blocks [3, 4, 9], heads 12",
        ),
    ],
)
def test_a_setting_that_makes_no_network_is_refused(given, reported):
    with pytest.raises(UserError) as error:
        build("archs", "transunet", {"archs": {"transunet": given}})
    assert reported in str(error.value)
    assert "\n" not in str(error.value)


def test_pretrained_fits_the_papers_numbers_with_any_dropout():
    build("archs", "transunet", {"archs": {"transunet": PAPER | {"pretrained": True, "dropout": 0.0}}})


def test_weights_are_fetched_only_where_the_settings_ask_for_them(monkeypatch):
    loaded = []
    monkeypatch.setattr(module, "fetch", lambda: "the public weights")
    monkeypatch.setattr(module, "load_pretrained", lambda *given: loaded.append(given))
    with torch.device("meta"):
        transunet(3, **PAPER).load_pretrained()
        assert loaded == []
        network = transunet(3, **PAPER | {"pretrained": True})
    assert loaded == []  # not where it is built
    network.load_pretrained()
    assert loaded == [(network, "the public weights")]
