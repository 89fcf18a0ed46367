"""One training of studies.levers: a network trained and scored with one set of settings."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from brainseg.archs.shared.input import InputSettings
from brainseg.core.components import build_chosen
from brainseg.core.params import parse_settings
from brainseg.data import preprocessed
from brainseg.data.raw.patients import patient_names, read_images, read_mask
from brainseg.data.split import patients_in
from brainseg.data.weights import TrainedNetwork
from brainseg.device import be_reproducible, uses_bf16
from brainseg.inference import PredictSettings, predict
from brainseg.metrics.overlap import dsc
from brainseg.postprocessing.final_mask import MaskSettings, final_mask
from brainseg.preprocessing import PreprocessSettings, preprocess
from brainseg.splitting.settings import SplitSettings
from brainseg.splitting.subsets import split_patients
from brainseg.training.checkpoint import Checkpoint
from brainseg.training.loop import train
from brainseg.training.recipe import recipe_from
from brainseg.training.slices import load_slices

SCRATCH = Path("runs/levers")
LAST_WEIGHTS = SCRATCH / "last.pt"  # of the last training, to look at its masks
FAILURE_DSC = 0.1
CPU = torch.device("cpu")


def run(folder: Path, params: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Train and score one network: a row of the table, and a row a patient."""
    recipe, input_settings = recipe_from(params), parse_settings(InputSettings, params, "input")
    target = preprocess_all(folder, parse_settings(PreprocessSettings, params, "preprocess"))
    subset = split_patients(patient_names(folder), parse_settings(SplitSettings, params, "split"))
    scored = patients_in(subset, "test")
    trains = [name for name in subset if name not in scored]  # nothing is chosen, so nobody need validate
    training = load_slices(trains, CPU, input_settings, recipe.sampling.train_on == "all", target)
    validation = load_slices(scored, CPU, input_settings, folder=target)  # of the last epoch's loss; chooses nothing

    be_reproducible(recipe.settings.precision)
    torch.manual_seed(recipe.seed)
    network = build_chosen("archs", params)(input_settings.in_channels).to(memory_format=torch.channels_last)
    optimizer = build_chosen("optims", params)(network.parameters())
    checkpoint = Checkpoint(SCRATCH / "unfinished.pt")
    checkpoint.remove()  # of a training that was killed: its CPU seconds are lost, so it starts anew
    start, cpu_start = time.perf_counter(), time.process_time()
    trained = train(network, optimizer, recipe, training, validation, checkpoint, lambda network, row: None)
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu_start
    checkpoint.remove()

    network.load_state_dict(trained.last_state)
    torch.save(trained.last_state, LAST_WEIGHTS)
    networks = [TrainedNetwork(network.eval(), input_settings)]
    patients = [score(folder, target, name, networks, params) for name in scored]
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
        "precision": "bf16" if uses_bf16(CPU, recipe.settings.precision) else "fp32",
        "threads": torch.get_num_threads(),
        "seconds": round(seconds),
        "cpu_seconds": round(cpu_seconds),
    }
    return row, patients


def score(
    folder: Path, target: Path, name: str, networks: list[TrainedNetwork], params: dict[str, Any]
) -> dict[str, Any]:
    """DSC of one patient on the grid of its files, with and without mirrored prediction."""
    patient, truth = preprocessed.read(name, target), read_mask(folder / name)
    settings = parse_settings(PredictSettings, params, "predict")
    evaluate = parse_settings(MaskSettings, params, "evaluate")
    row: dict[str, Any] = {"patient": name}
    for column, flips in (("dsc", True), ("dsc_without_flips", False)):
        prediction = predict(networks, patient, CPU, settings.model_copy(update={"flips": flips}))
        row[column] = round(dsc(final_mask(prediction, evaluate), truth), 4)
    return row


def preprocess_all(folder: Path, preprocessing: PreprocessSettings) -> Path:
    """The folder of all patients preprocessed so, made once."""
    target = SCRATCH / f"preprocessed-{preprocessing.side_px}-{preprocessing.z_score_over}"
    for name in patient_names(folder):
        if not (target / f"{name}.npz").exists():
            patient = preprocess(read_images(folder / name), read_mask(folder / name), preprocessing)
            preprocessed.write(name, patient, target)
    return target
