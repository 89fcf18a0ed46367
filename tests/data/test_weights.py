import pytest
import torch

from brainseg.archs.shared.input import THREE_CHANNELS_2D, InputSettings
from brainseg.core.errors import UserError
from brainseg.data.weights import read_network, write_weights
from tests.archs.builders import unet

ARCH = {"features": 2, "levels": 2}


@pytest.mark.parametrize(
    "input_settings", [THREE_CHANNELS_2D, InputSettings(channels=["post_contrast", "flair"], neighbours=1)]
)
def test_what_is_read_is_the_network_that_was_written_and_what_it_sees(tmp_path, input_settings):
    torch.manual_seed(0)
    network = unet(input_settings.in_channels, **ARCH).eval()
    write_weights(tmp_path / "last.pt", network.state_dict(), "unet", ARCH, input_settings)
    found = read_network(tmp_path / "last.pt")
    images = torch.randn(1, input_settings.in_channels, 8, 8)
    assert found.input_settings == input_settings
    assert not found.network.training
    torch.testing.assert_close(found.network(images), network(images))


def test_a_pretrained_network_is_read_without_a_download(tmp_path, params, monkeypatch):
    from brainseg.archs.transunet.model import TransUNet
    from tests.archs.builders import transunet

    monkeypatch.setattr(TransUNet, "load_pretrained", lambda self: pytest.fail("fetched weights to overwrite them"))
    settings = params["archs"]["transunet"]
    write_weights(tmp_path / "last.pt", transunet(3, **settings).state_dict(), "transunet", settings, THREE_CHANNELS_2D)
    assert isinstance(read_network(tmp_path / "last.pt").network, TransUNet)


@pytest.mark.parametrize("content", [b"", b"not a zip archive"])
def test_a_damaged_file_is_told_by_its_name(tmp_path, content):
    (tmp_path / "last.pt").write_bytes(content)
    with pytest.raises(UserError, match=r"last.pt: no weights that this version of brainseg wrote"):
        read_network(tmp_path / "last.pt")


def test_weights_of_before_the_input_was_a_setting_are_told(tmp_path):
    torch.save({"arch": "unet", "settings": ARCH, "state": unet(3, **ARCH).state_dict()}, tmp_path / "last.pt")
    with pytest.raises(UserError, match=r"last.pt: no weights that this version of brainseg wrote \(KeyError\)"):
        read_network(tmp_path / "last.pt")
