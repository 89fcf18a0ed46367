"""The networks of a model file, run by PyTorch."""

from collections.abc import Callable

import torch
from safetensors import SafetensorError
from safetensors.torch import load

from brainseg.core.errors import UserError
from brainseg.core.params import PARAMS_FILE
from brainseg.data.model_file import RECORD
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
        set_heads(model, trained.network, settings)

    def predict_patient(patient: Preprocessed) -> Prediction:
        try:
            return predict(networks, patient, device, settings)
        except UserError as error:  # it names the folder of the stage
            raise UserError(f"{model.path}: {str(error).removeprefix(f'{settings.networks}: ')}") from None

    return predict_patient


def set_heads(model: Model, network: torch.nn.Module, settings: PredictSettings) -> None:
    """select_heads, with a fault told as that of the model file."""
    try:
        select_heads(network, settings)
    except UserError as error:
        fault = str(error).removeprefix(f"{PARAMS_FILE}: predict.").partition(";")[0]
        raise UserError(f"{model.path}: {RECORD}: inference.{fault}; its network lacks that; pack it again") from None


def read_network(model: Model, record: NetworkRecord) -> TrainedNetwork:
    """The network of one record, on the CPU; a UserError if its weights or its side do not fit its architecture."""
    try:
        state = load(model.parts[record.weights])
        if any(value.is_floating_point() and not torch.isfinite(value).all() for value in state.values()):
            raise ValueError("has a value that is not finite")
        trained = rebuild(record.arch, record.settings, record.input, state)
    except UserError as error:  # its settings; the block is the file's, not that of params.yaml
        reason = str(error).splitlines()[0].removeprefix(f"{PARAMS_FILE}: ")
        raise UserError(
            f"{model.path}: {RECORD}: holds settings of another version of brainseg ({reason}); pack it again"
        ) from None
    except (SafetensorError, RuntimeError, ValueError) as error:
        reason = " ".join(str(error).split())[:100]
        raise UserError(f"{model.path}: {record.weights} does not fit {record.arch} ({reason})") from None
    side_px, divisor = model.record.preprocess.side_px, trained.network.divisor
    if side_px % divisor:
        raise UserError(
            f"{model.path}: {RECORD}: preprocess.side_px is {side_px}; {record.arch} needs a multiple of {divisor}"
        )
    return trained
