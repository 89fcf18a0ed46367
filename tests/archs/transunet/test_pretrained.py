import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from brainseg.archs.transunet.pretrained import R50_VIT_B16, fetch, load_pretrained, renamed
from brainseg.core.errors import UserError
from tests.archs.builders import transunet

BLOCKS, LAYERS, GRID = (2, 1, 1), 2, 3
SHARED = ("stem.", "to_tokens.", "position", "layers.", "norm.")


def small(in_channels: int = 3, seed: int = 0, **changes: object) -> torch.nn.Module:
    torch.manual_seed(seed)
    settings = {"features": 4, "blocks": list(BLOCKS), "width": 8, "layers": LAYERS, "heads": 2, "grid": GRID}
    network = transunet(in_channels, **settings | {"dropout": 0.0, "pretrained": False} | changes).eval()
    for parameter in network.parameters():
        parameter.data += 0.1 * torch.randn_like(parameter)  # no norm as it starts
    return network


def as_timm_names_them(network: torch.nn.Module) -> dict[str, torch.Tensor]:
    """A classifier's weights that hold those of a small network, each name written out."""
    own = network.state_dict()
    backbone = "patch_embed.backbone"
    weights = {
        "cls_token": torch.full((1, 1, 8), 99.0),
        "pos_embed": torch.empty(1, 1 + GRID * GRID, 8),
        "head.weight": torch.ones(5, 8),
        "head.bias": torch.ones(5),
        "norm.weight": own["norm.weight"],
        "norm.bias": own["norm.bias"],
        "patch_embed.proj.weight": own["to_tokens.weight"],
        "patch_embed.proj.bias": own["to_tokens.bias"],
        f"{backbone}.stem.conv.weight": own["stem.root.0.weight"],
        f"{backbone}.stem.norm.weight": own["stem.root.1.weight"],
        f"{backbone}.stem.norm.bias": own["stem.root.1.bias"],
    }
    weights["pos_embed"][0, 0] = 99.0  # the class token's comes first
    for row in range(GRID):
        for column in range(GRID):
            weights["pos_embed"][0, 1 + GRID * row + column] = own["position"][0, :, row, column]
    for stage, blocks in enumerate(BLOCKS):
        for block in range(blocks):
            theirs, ours = f"{backbone}.stages.{stage}.blocks.{block}", f"stem.stages.{stage}.{block}"
            for number in "123":
                weights[f"{theirs}.conv{number}.weight"] = own[f"{ours}.conv{number}.weight"]
                weights[f"{theirs}.norm{number}.weight"] = own[f"{ours}.norm{number}.weight"]
                weights[f"{theirs}.norm{number}.bias"] = own[f"{ours}.norm{number}.bias"]
            if block == 0:
                weights[f"{theirs}.downsample.conv.weight"] = own[f"{ours}.shortcut.0.weight"]
                weights[f"{theirs}.downsample.norm.weight"] = own[f"{ours}.shortcut.1.weight"]
                weights[f"{theirs}.downsample.norm.bias"] = own[f"{ours}.shortcut.1.bias"]
    for layer in range(LAYERS):
        theirs, ours = f"blocks.{layer}", f"layers.{layer}"
        weights[f"{theirs}.attn.qkv.weight"] = own[f"{ours}.self_attn.in_proj_weight"]
        weights[f"{theirs}.attn.qkv.bias"] = own[f"{ours}.self_attn.in_proj_bias"]
        for kind in ("weight", "bias"):
            weights[f"{theirs}.norm1.{kind}"] = own[f"{ours}.norm1.{kind}"]
            weights[f"{theirs}.norm2.{kind}"] = own[f"{ours}.norm2.{kind}"]
            weights[f"{theirs}.attn.proj.{kind}"] = own[f"{ours}.self_attn.out_proj.{kind}"]
            weights[f"{theirs}.mlp.fc1.{kind}"] = own[f"{ours}.linear1.{kind}"]
            weights[f"{theirs}.mlp.fc2.{kind}"] = own[f"{ours}.linear2.{kind}"]
    return weights


def shared(network: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: value for name, value in network.state_dict().items() if name.startswith(SHARED)}


def test_every_shared_weight_is_renamed_and_no_other():
    network = small()
    found, expected = renamed(as_timm_names_them(network)), shared(network)
    assert found.keys() == expected.keys()
    assert all(found[name].equal(expected[name]) for name in expected)


def test_timms_own_names_and_shapes_are_those_of_the_papers_network():
    # of timm 1.0.31: timm.create_model("vit_base_r50_s16_224", num_classes=21843).state_dict()
    listed = json.loads((Path(__file__).parent / "timm_vit_base_r50_s16_224.json").read_text())
    with torch.device("meta"):  # names and shapes without 0.4 GB
        network = transunet(3, **R50_VIT_B16, dropout=0.1, pretrained=True)
        load_pretrained(network, {name: torch.empty(shape) for name, shape in listed.items()})


def test_every_shared_weight_is_loaded_and_the_decoder_left_alone():
    source, network, untouched = small(seed=0), small(seed=1), small(seed=1).state_dict()
    load_pretrained(network, as_timm_names_them(source))
    expected = untouched | shared(source)
    assert all(value.equal(expected[name]) for name, value in network.state_dict().items())
    assert not network.state_dict()["head.weight"].equal(source.state_dict()["head.weight"])
    x = torch.randn(2, 3, 48, 48)
    assert network.encode(network.stem(x)[-1]).equal(source.encode(source.stem(x)[-1]))


def test_the_class_tokens_position_is_dropped_and_rows_stay_rows():
    weights = as_timm_names_them(small())
    weights["pos_embed"] = torch.arange(1.0 + GRID * GRID).view(1, -1, 1).expand(1, -1, 8)
    position = renamed(weights)["position"]
    assert position.shape == (1, 8, GRID, GRID)
    assert all(channel.tolist() == [[1, 2, 3], [4, 5, 6], [7, 8, 9]] for channel in position[0])


def test_positions_without_a_class_token_are_all_retained():
    weights = as_timm_names_them(small())
    weights["pos_embed"] = weights["pos_embed"][:, 1:]
    del weights["cls_token"]
    assert renamed(weights)["position"].equal(small().state_dict()["position"])


@pytest.mark.parametrize("name", ["cls_token", "head.weight", "fc_norm.bias", "pre_logits.fc.weight"])
def test_what_classifies_is_not_looked_at(name):
    network, weights = small(seed=1), as_timm_names_them(small(seed=0))
    load_pretrained(network, weights | {name: torch.zeros(7, 7, 7)})
    expected = shared(small(seed=0))
    assert all(value.equal(expected[name]) for name, value in shared(network).items())


@pytest.mark.parametrize("in_channels", [1, 2, 3, 5, 9])
def test_the_first_filters_repeat_over_other_channels(in_channels):
    source, network = small(seed=0), small(in_channels, seed=1)
    load_pretrained(network, as_timm_names_them(source))
    filters, expected = network.state_dict()["stem.root.0.weight"], source.state_dict()["stem.root.0.weight"]
    assert filters.shape[1] == in_channels
    for channel in range(in_channels):
        assert filters[:, channel].equal(expected[:, channel % 3])


@pytest.mark.parametrize(
    "name", ["visual.weight", "patch_embed.backbone.conv1.weight", "blocks.weight", "my_norm.bias"]
)
def test_an_unknown_name_is_reported(name):
    with pytest.raises(UserError) as error:
        load_pretrained(small(), as_timm_names_them(small()) | {name: torch.zeros(1)})
    assert f"{name} is no name of R50 + ViT-B/16" in str(error.value)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("blocks.1.mlp.fc2.bias", "layers.1.linear2.bias"),
        ("patch_embed.proj.weight", "to_tokens.weight"),
        ("patch_embed.backbone.stages.2.blocks.0.downsample.norm.bias", "stem.stages.2.0.shortcut.1.bias"),
        ("patch_embed.backbone.stem.conv.weight", "stem.root.0.weight"),
        ("pos_embed", "position"),
    ],
)
def test_a_missing_weight_is_reported(theirs, ours):
    network, untouched, weights = small(seed=1), small(seed=1).state_dict(), as_timm_names_them(small())
    del weights[theirs]
    with pytest.raises(UserError) as error:
        load_pretrained(network, weights)
    assert f"does not fit archs.transunet at {ours} and 0 more" in str(error.value)
    assert all(value.equal(untouched[name]) for name, value in network.state_dict().items())


@pytest.mark.parametrize(
    ("changes", "reported"),
    [
        ({"width": 16}, "at layers.0.linear1.bias and "),
        ({"grid": 4}, "at position and 0 more"),
        ({"layers": 3}, "at layers.2.linear1.bias and 11 more"),
        ({"blocks": [1, 1, 1]}, "at stem.stages.0.1.conv1.weight and 8 more"),
    ],
)
def test_weights_of_another_network_are_refused(changes, reported):
    with pytest.raises(UserError) as error:
        load_pretrained(small(**changes), as_timm_names_them(small()))
    assert reported in str(error.value)


@pytest.fixture
def hub(monkeypatch):
    """A hub instead of the real one: `hub(answer)` lets it answer a path or raise."""

    def stand_in(answer: str | BaseException) -> None:
        def hf_hub_download(repository: str, file: str, revision: str) -> str:
            assert len(revision) == 40  # a commit, not a branch that moves
            assert (repository, file) == ("timm/vit_base_r50_s16_224.orig_in21k", "model.safetensors")
            if isinstance(answer, BaseException):
                raise answer
            return answer

        monkeypatch.setitem(sys.modules, "huggingface_hub", SimpleNamespace(hf_hub_download=hf_hub_download))

    return stand_in


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (ConnectionError("no route to host"), "(no route to host)"),
        (OSError(28, "No space left on device"), "([Errno 28] No space left on device)"),
        (RuntimeError("offline mode\n  is on,\n\tno cache"), "(offline mode is on, no cache)"),
        (TimeoutError(), "(TimeoutError)"),
        (ValueError("x" * 5000), f"({'x' * 150})"),
        (OSError("The file is not in the cache. Please check your connection. "), "(The file is not in the cache)"),
    ],
)
def test_without_network_one_line_says_what_to_do(hub, fault, reason):
    pytest.importorskip("safetensors.torch")
    hub(fault)
    with pytest.raises(UserError) as error:
        fetch()
    reported = str(error.value)
    assert reported.startswith(
        "params.yaml: archs.transunet.pretrained: model.safetensors of timm/vit_base_r50_s16_224.orig"
    )
    assert reason in reported
    assert "connect" in reported and "set pretrained to false" in reported
    assert "\n" not in reported


def test_an_interruption_is_not_taken_for_a_fault(hub):
    pytest.importorskip("safetensors.torch")
    hub(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        fetch()


def test_the_fetched_file_is_read(hub, tmp_path):
    safetensors = pytest.importorskip("safetensors.torch")
    weights = {name: value.contiguous() for name, value in as_timm_names_them(small()).items()}
    safetensors.save_file(weights, tmp_path / "fetched")
    hub(str(tmp_path / "fetched"))
    found = fetch()
    assert found.keys() == weights.keys()
    assert all(found[name].equal(value) for name, value in weights.items())
    network = small(seed=1)
    load_pretrained(network, found)
    assert network.state_dict()["position"].equal(small().state_dict()["position"])


def test_a_file_cut_off_is_reported(hub, tmp_path):
    safetensors = pytest.importorskip("safetensors.torch")
    safetensors.save_file({"pos_embed": torch.zeros(1, 10, 8)}, tmp_path / "whole")
    (tmp_path / "cut").write_bytes((tmp_path / "whole").read_bytes()[:-40])
    hub(str(tmp_path / "cut"))
    with pytest.raises(UserError, match="model.safetensors of timm/vit_base_r50_s16_224.orig_in21k"):
        fetch()
