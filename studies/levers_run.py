"""One training of studies/levers.py: a network trained and scored with one set of settings."""

import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from brainseg.archs.shared.input import InputSettings
from brainseg.core.components import chosen
from brainseg.core.params import settings
from brainseg.data.preprocessed import read_preprocessed, write_preprocessed
from brainseg.data.raw.patients import patient_names, read_images, read_mask
from brainseg.data.split import members
from brainseg.data.weights import TrainedNetwork
from brainseg.device import be_reproducible
from brainseg.inference import PredictSettings, predict
from brainseg.metrics.overlap import dsc
from brainseg.postprocessing.final_mask import MaskSettings, headline_mask
from brainseg.preprocessing import PreprocessSettings, preprocess
from brainseg.splitting import SplitSettings, split_patients
from brainseg.training.augmentation import AugmentSettings
from brainseg.training.checkpoint import SavedState
from brainseg.training.intensity import IntensitySettings
from brainseg.training.loop import TrainSettings, train
from brainseg.training.sampling import SamplingSettings
from brainseg.training.slices import load_slices

SCRATCH = Path("runs/levers")
FAILURE_DSC = 0.1
CPU = torch.device("cpu")


def run(folder: Path, params: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Train and score one network: a row of the table, and a row a patient."""
    of = partial(settings, params=params)
    sampling, network_input = of(SamplingSettings, key="sampling"), of(InputSettings, key="input")
    preprocessed = preprocess_all(folder, of(PreprocessSettings, key="preprocess"))
    subset = split_patients(patient_names(folder), of(SplitSettings, key="split"))
    scored = members(subset, "test")
    trains = [name for name in subset if name not in scored]  # nothing is chosen, so nobody need validate
    training = load_slices(preprocessed, trains, CPU, network_input, sampling.train_on == "all")
    validation = load_slices(preprocessed, scored, CPU, network_input)  # of the last epoch's loss; chooses nothing

    train_settings = of(TrainSettings, key="train")
    be_reproducible(train_settings.precision)
    torch.manual_seed(params["seed"])
    network = chosen("archs", params)(network_input.in_channels).to(memory_format=torch.channels_last)
    saved = SavedState(SCRATCH / "unfinished.pt")
    saved.remove()  # of a training that was killed: its CPU seconds are lost, so it starts anew
    start, cpu_start = time.perf_counter(), time.process_time()
    trained = train(
        network,
        chosen("losses", params),
        chosen("optims", params)(network.parameters()),
        chosen("schedules", params),
        training,
        validation,
        train_settings,
        sampling,
        of(AugmentSettings, key="augment"),
        of(IntensitySettings, key="intensity"),
        params["seed"],
        lambda network, row: None,
        saved,
    )
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu_start
    saved.remove()

    network.load_state_dict(trained.last_state)
    answering = [TrainedNetwork(network.eval(), network_input)]
    patients = [score(folder, preprocessed, name, answering, params) for name in scored]
    last, found = trained.history[-1], np.array([patient["dsc"] for patient in patients])
    row = {
        "patients": len(found),
        "dsc_mean": round(found.mean(), 4),
        "dsc_median": round(float(np.median(found)), 4),
        "dsc_min": round(found.min(), 4),
        "failures": int((found < FAILURE_DSC).sum()),
        "dsc_mean_without_flips": round(np.mean([patient["dsc_without_flips"] for patient in patients]), 4),
        "train_loss": round(last["train_loss"], 4),
        "validation_loss": round(last["validation_loss"], 4),
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "slices_drawn": trained.train_slices,
        "seconds": round(seconds),
        "cpu_seconds": round(cpu_seconds),
    }
    return row, patients


def score(
    folder: Path, preprocessed: Path, name: str, networks: list[TrainedNetwork], params: dict[str, Any]
) -> dict[str, Any]:
    """DSC of one patient on the grid of its files, with and without mirrored prediction."""
    patient, truth = read_preprocessed(preprocessed / f"{name}.npz"), read_mask(folder / name)
    answer = settings(PredictSettings, params, "predict")
    final_mask = settings(MaskSettings, params, "evaluate")
    row: dict[str, Any] = {"patient": name}
    for column, flips in (("dsc", True), ("dsc_without_flips", False)):
        prediction = predict(networks, patient, CPU, answer.model_copy(update={"flips": flips}))
        row[column] = round(dsc(headline_mask(prediction, final_mask), truth), 4)
    return row


def preprocess_all(folder: Path, preprocessing: PreprocessSettings) -> Path:
    """The folder of all patients preprocessed so, made once."""
    target = SCRATCH / f"preprocessed-{preprocessing.side_px}"
    for name in patient_names(folder):
        if not (target / f"{name}.npz").exists():
            patient = preprocess(read_images(folder / name), read_mask(folder / name), preprocessing)
            write_preprocessed(target / f"{name}.npz", patient)
    return target
