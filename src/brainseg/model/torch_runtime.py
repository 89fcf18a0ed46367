"""The networks of a model file, run by PyTorch."""

from collections.abc import Callable

import torch
from safetensors import SafetensorError
from safetensors.torch import load

from brainseg.core.errors import UserError
from brainseg.data.predictions import Prediction
from brainseg.data.preprocessed import Preprocessed
from brainseg.data.weights import TrainedNetwork, rebuild
from brainseg.device import be_reproducible, pick_device
from brainseg.inference import PredictSettings, predict, select_heads
from brainseg.model.archive import Model
from brainseg.model.record import NetworkRecord


def torch_predictor(model: Model) -> Callable[[Preprocessed], Prediction]:
    """The function that predicts a preprocessed patient, as the stage `predict` does."""
    inference = model.record.inference.model_dump()
    settings = PredictSettings(networks="data/weights", weights="last", **inference)
    device = pick_device()
    if device.type != "cpu":  # on a CPU predictions are reproducible anyway, and this loads PyTorch's compiler: 2 s
        be_reproducible(settings.precision)
    networks = [read_network(model, network) for network in model.record.networks]
    for trained in networks:
        trained.network.to(device)
        select_heads(trained.network, settings)
    return lambda patient: predict(networks, patient, device, settings)


def read_network(model: Model, record: NetworkRecord) -> TrainedNetwork:
    """The network of one record, on the CPU; a UserError if its weights do not fit its architecture."""
    try:
        state = load(model.parts[record.weights])
        if any(value.is_floating_point() and not torch.isfinite(value).all() for value in state.values()):
            raise ValueError("has a value that is not finite")
        return rebuild(record.arch, record.settings, record.input, state)
    except (SafetensorError, RuntimeError, ValueError) as error:
        reason = " ".join(str(error).split())[:100]
        raise UserError(f"{model.path}: {record.weights} does not fit {record.arch} ({reason})") from None
