"""What is each lever of training worth? python studies/levers.py KAGGLE_3M [LEVER ...]

Cross-validation inside the 80 patients that the report trained on; the report's ten are in no subset. Of four folds
60 patients train and 20 are scored, with the weights of the last epoch, so nothing is chosen on them. The folds are
the same for every lever, so levers are compared patient by patient. First come the recipes, then one lever at a time
upon the recipe with the best mean DSC. The first round has folds 0 and 1, the second one folds 2 and 3.

A row of docs/networks/levers.csv is written after each training, and one a patient of levers_per_patient.csv. Rows
that are there are not run again, so the study can be stopped at any moment. What is preprocessed lies in runs/levers.
It runs on two threads of a CPU. `cpu_seconds` are of training; wall seconds say little where others use the machine.
"""

import sys
import time
from copy import deepcopy
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from levers_tried import BASE, LEVERS, RECIPES

from brainseg.augmentation import AugmentSettings
from brainseg.components import chosen
from brainseg.device import be_reproducible
from brainseg.headline import MaskSettings, headline_mask
from brainseg.inference import PredictSettings, predict
from brainseg.intensity import IntensitySettings
from brainseg.network_input import InputSettings
from brainseg.params import read_params, settings
from brainseg.preprocessing import PreprocessSettings, preprocess, read_preprocessed, write_preprocessed
from brainseg.progress import say
from brainseg.resume import SavedState
from brainseg.sampling import SamplingSettings
from brainseg.scores import dsc
from brainseg.slices import load_slices
from brainseg.splits import SplitSettings, members, split_patients
from brainseg.training import TrainSettings, train
from brainseg.volumes import patient_names, read_images, read_mask
from brainseg.weights import TrainedNetwork

TABLE, PER_PATIENT = Path("docs/networks/levers.csv"), Path("docs/networks/levers_per_patient.csv")
SCRATCH = Path("runs/levers")
PROJECT = Path(__file__).resolve().parent.parent
ROUNDS, SEED = ((0, 1), (2, 3)), 0  # of folds
FAILURE_DSC = 0.1
CPU = torch.device("cpu")


def main() -> None:
    folder, wanted = Path(sys.argv[1]).resolve(), sys.argv[2:]
    torch.set_num_threads(2)
    for folds in ROUNDS:
        for name in RECIPES:
            if name in wanted or not wanted:
                run_lever(folder, name, "", RECIPES[name], folds)
        best = best_recipe()
        for name in LEVERS:
            if name in wanted or not wanted:
                run_lever(folder, name, best, RECIPES[best] | LEVERS[name], folds)


def best_recipe() -> str:
    """The one with the highest mean DSC of the first round's patients: later rounds must not change it."""
    rows = pd.read_csv(PER_PATIENT, keep_default_na=False)
    return rows[rows.lever.isin(RECIPES) & rows.fold.isin(ROUNDS[0])].groupby("lever").dsc.mean().idxmax()


def run_lever(folder: Path, lever: str, upon: str, changes: dict[str, Any], folds: tuple[int, ...]) -> None:
    for fold in folds:
        who = {"lever": lever, "upon": upon, "fold": fold, "seed": SEED}
        if is_done(who):
            continue
        say(f"{lever}, fold {fold}")
        here = {"seed": SEED, "split.fold": fold}
        row, patients = run(folder, with_changes(read_params(PROJECT / "params.yaml"), BASE | changes | here))
        append(PER_PATIENT, [who | patient for patient in patients])
        append(TABLE, [who | row | {"settings": " ".join(f"{key}={value}" for key, value in changes.items())}])


def with_changes(params: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """A copy with other values under these dotted keys, all of which must be there."""
    changed = deepcopy(params)
    for key, value in changes.items():
        *path, last = key.split(".")
        block = changed
        for word in path:
            block = block[word]
        if last not in block:
            raise KeyError(key)
        block[last] = value
    return changed


def is_done(who: dict[str, Any]) -> bool:
    if not TABLE.exists():
        return False
    rows = pd.read_csv(TABLE, keep_default_na=False)
    return bool((rows[list(who)] == pd.Series(who)).all(axis=1).any())


def append(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows).to_csv(path, mode="a", header=not path.exists(), index=False, lineterminator="\n")


def run(folder: Path, params: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Train and score one network: a row of the table, and a row a patient."""
    of = partial(settings, params=params)
    sampling, sees = of(SamplingSettings, key="sampling"), of(InputSettings, key="input")
    preprocessed = preprocess_all(folder, of(PreprocessSettings, key="preprocess"))
    subset = split_patients(patient_names(folder), of(SplitSettings, key="split"))
    scored = members(subset, "test")
    trains = [name for name in subset if name not in scored]  # nothing is chosen, so nobody need validate
    training = load_slices(preprocessed, trains, CPU, sees, sampling.train_on == "all")
    validation = load_slices(preprocessed, scored, CPU, sees)  # of the last epoch's loss; chooses nothing

    train_settings = of(TrainSettings, key="train")
    be_reproducible(train_settings.precision)
    torch.manual_seed(params["seed"])
    network = chosen("archs", params)(sees.in_channels).to(memory_format=torch.channels_last)
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
    answering = [TrainedNetwork(network.eval(), sees)]
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


if __name__ == "__main__":
    main()
