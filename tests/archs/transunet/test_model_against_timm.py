"""The stem and the transformer are those of timm, as which the public weights are stored.

In float64: in float32 rounding alone comes to 4e-4 after sixteen blocks of group norm.
"""

from collections.abc import Iterator

import pytest
import torch

from brainseg.archs.transunet.pretrained import R50_VIT_B16, load_pretrained, renamed
from tests.archs.builders import transunet

timm = pytest.importorskip("timm", exc_type=ImportError)

NAME, PAPER = "vit_base_r50_s16_224", R50_VIT_B16 | {"dropout": 0.1, "pretrained": True}


@pytest.fixture(scope="module")
def theirs() -> torch.nn.Module:
    """Random, with norms that are not as they start, without what classifies."""
    torch.manual_seed(0)
    network = timm.create_model(NAME, pretrained=False, num_classes=0, class_token=False, global_pool="avg").eval()
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if parameter.ndim == 1:
                parameter.copy_(0.2 * torch.randn_like(parameter) + name.endswith("weight"))
    return network.double()


@pytest.fixture(scope="module")
def ours(theirs) -> torch.nn.Module:
    network = transunet(3, **PAPER).double().eval()
    # averaged for a classifier its last norm has another name than in the public weights
    load_pretrained(network, {name.replace("fc_norm.", "norm."): value for name, value in theirs.state_dict().items()})
    return network


@pytest.fixture(autouse=True)
def without_gradients() -> Iterator[None]:
    with torch.inference_mode():
        yield


@pytest.fixture(scope="module")
def image() -> torch.Tensor:
    return torch.randn(1, 3, 224, 224, generator=torch.Generator().manual_seed(0)).double()


def test_the_stems_maps_are_timms(theirs, ours, image):
    backbone = theirs.patch_embed.backbone
    maps = [backbone.stem.norm(backbone.stem.conv(image))]
    x = backbone.stem(image)
    for stage in backbone.stages:
        x = stage(x)
        maps.append(x)
    found = ours.stem(image)
    assert [tuple(each.shape[1:]) for each in found] == [(64, 112, 112), (256, 56, 56), (512, 28, 28), (1024, 14, 14)]
    for each, expected in zip(found, maps, strict=True):
        torch.testing.assert_close(each, expected, atol=1e-6, rtol=1e-6)


def test_tokens_are_timms(theirs, ours, image):
    expected = theirs.fc_norm(theirs.forward_features(image))
    assert expected.shape == (1, 14 * 14, 768)
    torch.testing.assert_close(ours.encode(ours.stem(image)[-1]), expected, atol=1e-6, rtol=1e-6)


def test_names_and_shapes_of_the_public_weights_fit():
    with torch.device("meta"):
        public = timm.create_model(NAME, pretrained=False, num_classes=21843).state_dict()
        own = transunet(3, **PAPER).state_dict()
    assert {"cls_token", "head.weight"} < public.keys()
    assert public["pos_embed"].shape == (1, 1 + 14 * 14, 768)
    found = {name: value.shape for name, value in renamed(public).items()}
    decoder = ("from_tokens.", "decoders.", "head.")
    assert found == {name: value.shape for name, value in own.items() if not name.startswith(decoder)}


def test_the_whole_network_answers_in_full_size(ours, image):
    found = ours(image)
    assert found.shape == (1, 1, 224, 224)
    assert found.isfinite().all() and found.std() > 0
