"""Trained weights on disk, with everything needed to rebuild their network."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch

from brainseg.archs.shared.input import InputSettings
from brainseg.core.channels import LGG_CHANNELS
from brainseg.core.components import build
from brainseg.core.errors import UserError
from brainseg.core.files import write_bytes
from brainseg.core.params import PARAMS_FILE

FOLDER = Path("data/weights")  # of the network just trained


def file_name(epoch: str) -> str:
    """File name of the last or the best epoch's weights, in FOLDER and in each folder of an ensemble."""
    return f"{epoch}.pt"


class TrainedNetwork(NamedTuple):
    network: torch.nn.Module
    input_settings: InputSettings


def write_weights(
    path: Path,
    state: dict[str, torch.Tensor],
    arch: str,
    arch_settings: dict[str, Any],
    input_settings: InputSettings,
    channels: Sequence[str] = LGG_CHANNELS,
) -> None:
    """The same weights give the same bytes: saving to a path would store its name in the file.

    channels: of the training data, all of which preprocessing has used.
    """
    content = {"arch": arch, "settings": arch_settings, "input": input_settings.model_dump(), "state": state}
    if tuple(channels) != LGG_CHANNELS:
        content["channels"] = list(channels)
    buffer = io.BytesIO()
    torch.save(content, buffer)
    write_bytes(path, buffer.getvalue())


def data_channels(content: Mapping[str, Any]) -> tuple[str, ...]:
    """The channels of the training data, of the content of a file that write_weights wrote."""
    return tuple(content.get("channels", LGG_CHANNELS))


def read_network(path: Path) -> TrainedNetwork:
    """The trained network, in evaluation mode, on the CPU, channels last.

    Raises UserError for a file that is damaged, is of another version, or holds numbers that are not finite: a network
    with NaN predicts nothing anywhere, without an error.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        trained = rebuild(content["arch"], content["settings"], InputSettings(**content["input"]), content["state"])
    except FileNotFoundError:
        raise
    except UserError as error:  # its settings; the block is the file's, not that of params.yaml
        reason = str(error).splitlines()[0].removeprefix(f"{PARAMS_FILE}: ")
        raise UserError(f"{path}: holds settings of another version of brainseg ({reason}); train again") from None
    except Exception as error:  # torch raises many types of error for a damaged file
        reason = type(error).__name__
        raise UserError(f"{path}: no weights that this version of brainseg wrote ({reason}); train again") from None
    for name, value in trained.network.state_dict().items():
        if not torch.isfinite(value).all():
            raise UserError(f"{path}: {name} holds numbers that are not finite; train again with a lower learning rate")
    return trained


def rebuild(
    arch: str, arch_settings: dict[str, Any], input_settings: InputSettings, state: dict[str, torch.Tensor]
) -> TrainedNetwork:
    """A network with these weights, in evaluation mode, on the CPU, channels last."""
    network = build("archs", arch, {"archs": {arch: arch_settings}})(input_settings.in_channels)
    network.load_state_dict(state)
    return TrainedNetwork(network.to(memory_format=torch.channels_last).eval(), input_settings)
