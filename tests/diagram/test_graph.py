import pytest
import torch
from torch import nn

from brainseg.core.components import available, build
from brainseg.core.errors import UserError
from brainseg.diagram.graph import Box, Edge, Graph, trace, trace_by_name, with_runs_as_one

IMAGE = (3, 8, 8)


def edges(graph: Graph) -> dict[str, set[str]]:
    """Box -> the boxes it depends on."""
    return {box.name: {edge.source for edge in graph.into(box.name)} for box in graph.boxes}


class Chain(nn.Sequential):
    def __init__(self) -> None:
        twice = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 4, 3, padding=1), nn.ReLU(True))
        super().__init__(twice, nn.MaxPool2d(2), nn.ConvTranspose2d(4, 1, 2, 2))


class Skip(nn.Module):
    """The image goes on beside what the convolutions make of it, which is halved and upsampled."""

    def __init__(self) -> None:
        super().__init__()
        self.convs = nn.ModuleList([nn.Conv2d(3, 4, 1), nn.Conv2d(7, 1, 1)])
        self.unused = nn.Conv2d(3, 4, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        deep = nn.functional.interpolate(nn.functional.max_pool2d(self.convs[0](x), 2), scale_factor=2)
        return self.convs[1](torch.cat([x, deep], dim=1))


class TwoHeads(nn.Module):
    """Heads in a ModuleDict of a child, called by name; the body changes its input in place."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Module()
        self.inner.heads = nn.ModuleDict({"a": nn.Conv2d(4, 1, 1), "b": nn.Conv2d(4, 1, 1)})
        self.stem = nn.Conv2d(3, 4, 1)
        self.body = nn.Sequential(nn.ReLU(inplace=True), nn.Conv2d(4, 4, 3, padding=1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.body(self.stem(x))
        return self.inner.heads["a"](x) + self.inner.heads["b"](x)


class Tokens(nn.Module):
    """A layer three times over, one module called twice, one that gives back its input, one that needs no input."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0, batch_first=True, norm_first=True) for _ in range(3)
        )
        self.same, self.embed, self.place = nn.Identity(), nn.Linear(3, 4), nn.Linear(1, 4)
        self.change = nn.Linear(4, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        tokens = self.embed(x.flatten(2).transpose(1, 2)) + self.place(torch.arange(x[0, 0].numel())[:, None].float())
        for layer in self.layers:
            tokens = layer(tokens)
        tokens = self.change(self.change(self.same(tokens)))
        return tokens.mean(2).view(x[:, :1].shape)


def test_a_chain():
    graph = trace(Chain(), IMAGE)
    assert graph.boxes == (
        Box("image", "input", (3, 8, 8)),
        Box("0", "2 × conv 3×3", (4, 8, 8)),
        Box("1", "maxpool2d", (4, 4, 4)),
        Box("2", "up-conv 2×2", (1, 8, 8)),
        Box("logits", "output", (1, 8, 8)),
    )
    assert graph.edges == (Edge("image", "0"), Edge("0", "1"), Edge("1", "2"), Edge("2", "logits"))


def test_a_skip_and_what_is_done_on_the_way():
    assert trace(Skip(), IMAGE).edges == (
        Edge("image", "convs.0"),
        Edge("image", "convs.1", ("concatenate",)),
        Edge("convs.0", "convs.1", ("max-pool", "upsample", "concatenate")),
        Edge("convs.1", "logits"),
    )


def test_two_heads_in_a_dictionary():
    found = edges(trace(TwoHeads(), IMAGE))
    assert found == {
        "image": set(),
        "stem": {"image"},
        "body": {"stem"},
        "inner.heads.a": {"body"},
        "inner.heads.b": {"body"},
        "logits": {"inner.heads.a", "inner.heads.b"},
    }


def test_tokens_calls_and_what_needs_no_image():
    graph = trace(Tokens(), IMAGE)
    assert edges(graph) == {
        "image": set(),
        "embed": {"image"},
        "place": set(),
        "layers.0": {"embed", "place"},
        "layers.1": {"layers.0"},
        "layers.2": {"layers.1"},
        "same": {"layers.2"},
        "change": {"same"},
        "change (2)": {"change"},
        "logits": {"change (2)"},
    }
    boxes = {box.name: box for box in graph.boxes}
    assert boxes["layers.0"] == Box("layers.0", "transformer", (64, 4))
    assert boxes["place"].shape == (64, 4)  # without a dimension for the images


def test_runs_of_equal_boxes_as_one():
    graph = with_runs_as_one(trace(Tokens(), IMAGE))
    assert edges(graph)["layers.0–2"] == {"embed", "place"} and edges(graph)["same"] == {"layers.0–2"}
    assert Box("layers.0–2", "3 × transformer", (64, 4)) in graph.boxes
    assert not any(edge.source == edge.target for edge in graph.edges)
    once = trace(Skip(), IMAGE)
    assert with_runs_as_one(once) == once


@pytest.mark.parametrize("grad", [torch.no_grad, torch.enable_grad])
def test_nothing_stays_behind(grad):
    network = Tokens()
    with grad():
        first, second = trace(network, IMAGE), trace(network, IMAGE)
    assert first == second
    assert not any(module._forward_hooks for module in network.modules())


def test_a_box_that_gives_no_tensor_is_reported():
    with pytest.raises(TypeError, match=r"^0 gave tuple; a box of the diagram gives one tensor$"):
        trace(nn.Sequential(nn.GRU(8, 2)), (3, 8))


def built(name: str, **given: object) -> Graph:
    return trace(build("archs", name, {"archs": {name: given}})(3), IMAGE)


def test_unet():
    graph = built("unet", features=2, levels=3)
    assert edges(graph) == {
        "image": set(),
        "encoders.0": {"image"},
        "encoders.1": {"encoders.0"},
        "encoders.2": {"encoders.1"},
        "upsamplers.1": {"encoders.2"},
        "decoders.1": {"encoders.1", "upsamplers.1"},
        "upsamplers.0": {"decoders.1"},
        "decoders.0": {"encoders.0", "upsamplers.0"},
        "head": {"decoders.0"},
        "logits": {"head"},
    }
    assert {edge.target for edge in graph.edges if "max-pool" in edge.operations} == {"encoders.1", "encoders.2"}


def test_unetpp():
    found = edges(built("unetpp", features=2, levels=3, deep_supervision=True))
    assert found == {
        "image": set(),
        "nodes.x00": {"image"},
        "nodes.x10": {"nodes.x00"},
        "nodes.x20": {"nodes.x10"},
        "upsamplers.x01": {"nodes.x10"},
        "nodes.x01": {"nodes.x00", "upsamplers.x01"},
        "upsamplers.x11": {"nodes.x20"},
        "nodes.x11": {"nodes.x10", "upsamplers.x11"},
        "upsamplers.x02": {"nodes.x11"},
        "nodes.x02": {"nodes.x00", "nodes.x01", "upsamplers.x02"},
        "heads.x02": {"nodes.x02"},
        "logits": {"heads.x02"},
    }


@pytest.mark.parametrize(
    ("answers", "heads"),
    [
        ({}, {"heads.x02"}),
        ({"heads": "mean"}, {"heads.x01", "heads.x02"}),
        ({"prune_to": 1}, {"heads.x01"}),
    ],
)
def test_a_network_by_name_answers_as_predict_says(params, answers, heads):
    deep = params | {"archs": {"unetpp": {"features": 2, "levels": 3, "deep_supervision": True}}}
    deep |= {"predict": params["predict"] | answers}
    assert edges(trace_by_name("unetpp", deep))["logits"] == heads


def test_what_predict_says_of_heads_is_nothing_to_a_network_of_one(params):
    graph = trace_by_name("unet", params | {"predict": params["predict"] | {"prune_to": 1}})
    assert graph.boxes[-1].name == "logits"


def test_the_image_is_what_the_settings_say(params):
    given = params | {"input": {"channels": ["flair"], "neighbours": 2}}
    assert trace_by_name("unet", given).boxes[0].shape == (5, 64, 64)


def test_a_side_that_does_not_fit_is_reported(params):
    given = params | {"preprocess": params["preprocess"] | {"side_px": 40}}
    with pytest.raises(UserError, match=r"^params.yaml: preprocess.side_px is 40; unet needs a multiple of 16$"):
        trace_by_name("unet", given)


def test_the_second_look_of_the_refining_unet(params):
    found = edges(trace_by_name("refining_unet", params))
    assert found["token"] == {"image", "unet.encoders.4", "unet.decoders.0", "unet.head"}
    assert found["logits"] == {"unet.head", "change"}


@pytest.mark.parametrize("name", available("archs"))
def test_every_box_of_every_architecture_leads_to_the_logits(name, params):
    graph = trace_by_name(name, params)
    reached = {"logits"}
    for box in reversed(graph.boxes):
        assert box.name in reached
        reached |= {edge.source for edge in graph.into(box.name)}
