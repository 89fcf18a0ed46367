"""Training that starts from a model file."""

import pytest
import torch
from safetensors.torch import load

from brainseg.core.components import build
from brainseg.core.errors import UserError
from brainseg.data.model_file import SCHEMA
from brainseg.training.start import RANDOM_WEIGHTS, digest, load_start, start_file
from tests.model import small_model


@pytest.fixture
def network():
    torch.manual_seed(7)
    return build("archs", "unet", {"archs": {"unet": small_model.UNET}})(small_model.INPUT.in_channels)


def test_the_weights_are_those_of_the_model_file(tmp_path, network):
    model = small_model.write(tmp_path / "m.zip")
    load_start(network, tmp_path / "m.zip", "unet", small_model.UNET, small_model.INPUT)
    expected = load(model.parts["weights/0.safetensors"])
    assert network.state_dict().keys() == expected.keys()
    for name, value in network.state_dict().items():
        torch.testing.assert_close(value, expected[name], rtol=0, atol=0)


@pytest.mark.parametrize(
    ("arch", "settings", "input_", "message"),
    [
        ("resunet", small_model.UNET, small_model.INPUT, "params.yaml: arch is resunet; the network of .* has unet"),
        ("unet", small_model.UNET | {"features": 4}, small_model.INPUT, "archs.unet is .*'features': 4.* has .*: 2"),
        (
            "unet",
            small_model.UNET,
            small_model.INPUT.model_copy(update={"neighbours": 1}),
            "input is .*'neighbours': 1.* has .*'neighbours': 0",
        ),
    ],
)
def test_another_network_is_refused(tmp_path, network, arch, settings, input_, message):
    small_model.write(tmp_path / "m.zip")
    with pytest.raises(UserError, match=message):
        load_start(network, tmp_path / "m.zip", arch, settings, input_)


def test_an_ensemble_is_refused(tmp_path, network):
    small_model.write(tmp_path / "m.zip", networks=2)
    with pytest.raises(UserError, match="m.zip: holds 2 networks; training starts from one"):
        load_start(network, tmp_path / "m.zip", "unet", small_model.UNET, small_model.INPUT)


def test_a_model_file_of_a_later_schema_is_refused(tmp_path, network):
    small_model.write(tmp_path / "m.zip", schema_version=SCHEMA + 1)
    with pytest.raises(UserError, match="m.zip: has schema version 3; this brainseg reads up to 2; update it"):
        load_start(network, tmp_path / "m.zip", "unet", small_model.UNET, small_model.INPUT)


def test_the_digest_is_of_the_file_and_random_weights_have_none(tmp_path):
    assert digest(None) == ""
    small_model.write(tmp_path / "one.zip")
    small_model.write(tmp_path / "two.zip", name="other")
    assert digest(tmp_path / "one.zip") != digest(tmp_path / "two.zip")


def test_only_a_file_or_the_folder_of_random_weights_is_a_start(tmp_path):
    (tmp_path / "m.zip").touch()
    assert start_file(str(RANDOM_WEIGHTS)) is None
    assert start_file(str(tmp_path / "m.zip")) == tmp_path / "m.zip"
    for path in (tmp_path, tmp_path / "none.zip"):
        with pytest.raises(UserError, match="train.start_from is .*; expected a model file, or data/random_weights$"):
            start_file(str(path))
