"""Predict every slice of every patient: python -m stages.predict

Runs on the first GPU, or on the device of BRAINSEG_DEVICE; with BRAINSEG_DEVICES on several of them, each with patients
of its own.
"""

from functools import cache, partial

import torch

from brainseg.core.errors import report_errors
from brainseg.core.params import parse_settings, read_params
from brainseg.core.progress import progress
from brainseg.data import predictions, preprocessed
from brainseg.data.weights import TrainedNetwork
from brainseg.device import be_reproducible, devices, pick_device
from brainseg.inference import PredictSettings, predict, read_networks
from brainseg.parallel import parallel_map, process_number


def main() -> None:
    settings = parse_settings(PredictSettings, read_params(), "predict")
    count, names = devices(), preprocessed.names()
    if count > 1:
        parallel_map(partial(predict_in_process, settings), names, "predicting", count)
        return
    networks, device = ready(settings)
    for name in progress(names, "predicting"):
        predict_patient(networks, device, settings, name)


def predict_patient(networks: list[TrainedNetwork], device: torch.device, settings: PredictSettings, name: str) -> None:
    predictions.write(name, predict(networks, preprocessed.read(name), device, settings))


def predict_in_process(settings: PredictSettings, name: str) -> None:
    predict_patient(*ready_once(settings), settings, name)


def ready(settings: PredictSettings) -> tuple[list[TrainedNetwork], torch.device]:
    """The networks on the device of this process."""
    device = pick_device(process_number())
    be_reproducible(settings.precision)
    return read_networks(settings, device), device


ready_once = cache(ready)


if __name__ == "__main__":
    with report_errors():
        main()
