import pytest
import torch

from brainseg.archs.shared.input import THREE_CHANNELS_2D, InputSettings
from brainseg.core.channels import LGG_CHANNELS
from brainseg.core.errors import UserError
from brainseg.data.weights import data_channels, read_network, write_weights
from tests.archs.builders import unet

ARCH = {"features": 2, "levels": 2}


@pytest.mark.parametrize(
    "input_settings", [THREE_CHANNELS_2D, InputSettings(channels=["post_contrast", "flair"], neighbours=1)]
)
def test_what_is_read_is_the_network_that_was_written_and_its_input(tmp_path, input_settings):
    torch.manual_seed(0)
    network = unet(input_settings.in_channels, **ARCH).eval()
    write_weights(tmp_path / "last.pt", network.state_dict(), "unet", ARCH, input_settings)
    found = read_network(tmp_path / "last.pt")
    images = torch.randn(1, input_settings.in_channels, 8, 8)
    assert found.input_settings == input_settings
    assert not found.network.training
    torch.testing.assert_close(found.network(images), network(images))


def test_the_datas_channels_are_stored_where_they_are_not_the_lgg_sets(tmp_path):
    given = unet(1, **ARCH).state_dict(), "unet", ARCH, InputSettings(channels=["flair"], neighbours=0)
    write_weights(tmp_path / "lgg.pt", *given)
    write_weights(tmp_path / "own.pt", *given, ("flair", "t2"))
    contents = [torch.load(tmp_path / name, weights_only=True) for name in ("lgg.pt", "own.pt")]
    assert list(contents[0]) == ["arch", "settings", "input", "state"]
    assert [data_channels(content) for content in contents] == [LGG_CHANNELS, ("flair", "t2")]
    assert read_network(tmp_path / "own.pt").input_settings == given[3]


def test_a_pretrained_network_is_read_without_a_download(tmp_path, params, monkeypatch):
    from brainseg.archs.transunet.model import TransUNet
    from tests.archs.builders import transunet

    monkeypatch.setattr(TransUNet, "load_pretrained", lambda self: pytest.fail("fetched weights to overwrite them"))
    settings = params["archs"]["transunet"]
    write_weights(tmp_path / "last.pt", transunet(3, **settings).state_dict(), "transunet", settings, THREE_CHANNELS_2D)
    assert isinstance(read_network(tmp_path / "last.pt").network, TransUNet)


@pytest.mark.parametrize("content", [b"", b"not a zip archive"])
def test_a_damaged_file_is_reported_by_its_name(tmp_path, content):
    (tmp_path / "last.pt").write_bytes(content)
    with pytest.raises(UserError, match=r"last.pt: no weights that this version of brainseg wrote"):
        read_network(tmp_path / "last.pt")


def test_weights_of_before_the_input_was_a_setting_are_reported(tmp_path):
    torch.save({"arch": "unet", "settings": ARCH, "state": unet(3, **ARCH).state_dict()}, tmp_path / "last.pt")
    with pytest.raises(UserError, match=r"last.pt: no weights that this version of brainseg wrote \(KeyError\)"):
        read_network(tmp_path / "last.pt")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_reported(tmp_path, value):
    state = unet(3, **ARCH).state_dict()
    name = list(state)[-1]
    state[name] = torch.full_like(state[name], value)
    write_weights(tmp_path / "last.pt", state, "unet", ARCH, THREE_CHANNELS_2D)
    with pytest.raises(UserError, match=rf"last\.pt: {name} holds numbers that are not finite"):
        read_network(tmp_path / "last.pt")


@pytest.mark.parametrize(
    ("arch", "settings"), [("vnet", ARCH), ("unet", ARCH | {"depth": 3}), ("unet", {"levels": 99})]
)
def test_weights_of_other_architectures_are_identified_by_the_file_and_not_by_params_yaml(tmp_path, arch, settings):
    write_weights(tmp_path / "last.pt", {}, arch, settings, THREE_CHANNELS_2D)
    with pytest.raises(UserError, match=r"last\.pt: holds settings of another version") as error:
        read_network(tmp_path / "last.pt")
    assert "params.yaml" not in str(error.value)
