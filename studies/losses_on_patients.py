"""Ten losses and two optimizers on real patients: python -m studies.losses_on_patients KAGGLE_3M [--train-only]

Inside the 80 patients that the report trained on; its ten are in no subset. Each method trains three folds at each
of its learning rates. The rate with the best validation DSC, the mean of the folds, is its own; its networks
are scored on their folds' test patients and compared: `brainseg compare 'adam-*' 'sgd-*'`. Every run is a DVC
experiment; those of each rate, trained and not scored, are named tune-... . A row of docs/losses/runs.csv is written
after each; rows that are there are not run again, so it can be stopped at any moment. With --train-only nothing is
scored: run again without, the networks come from DVC's cache.
"""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd

from brainseg.figures.style import save
from studies.growing_table import append, find
from studies.learning_rates_figure import learning_rates

ROWS, SCORES = Path("docs/losses/runs.csv"), Path("docs/losses/folds.csv")
ADAM, SGD = ("1.25e-4", "5e-4", "2e-3"), ("2e-2", "1e-1", "5e-1")
THE_REPORTS = ["dice", "bce", "log_cosh_dice", "shape_aware"]
OTHERS = ["focal", "focal_tversky", "dice_bce", "exp_log", "dice_boundary", "dice_hausdorff"]


def method(loss: str, optim: str = "adam", schedule: str = "cosine", ema_decay: str = "0.0") -> dict[str, str]:
    return {"loss": loss, "optim": optim, "schedule": schedule, "train.ema_decay": ema_decay}


# name -> settings, learning rates to choose from
METHODS = {f"adam-{loss}": (method(loss), ADAM) for loss in THE_REPORTS}
METHODS |= {f"sgd-{loss}": (method(loss, optim="sgd"), SGD) for loss in ("dice", "bce")}
METHODS |= {f"adam-{loss}": (method(loss), ADAM) for loss in OTHERS}
# where the best was the last tried, one further
METHODS |= {f"adam-{loss}": (method(loss), (*ADAM, "8e-3")) for loss in ("dice", "bce", "log_cosh_dice", "focal")}
METHODS["sgd-dice"] = (method("dice", optim="sgd"), ("5e-3", *SGD))
METHODS["constant-dice"] = (method("dice", schedule="constant"), ("2e-3",))
METHODS["ema-dice"] = (method("dice", ema_decay="0.99"), ("2e-3",))
FOLDS = (0, 1, 2)
BASE = {
    "data": "folder",
    "split.strategy": "kfold",
    "split.set_aside": "report",
    "split.folds": "3",
    "split.validation": "0.2",
    "preprocess.side_px": "64",
    "arch": "unet",
    "archs.unet.features": "8",
    "input.neighbours": "0",
    "predict.heads": "last",
    "predict.prune_to": "0",
    "train.epochs": "6",
    "train.batch_size": "8",
}


def main() -> None:
    folder, train_only = Path(sys.argv[1]).resolve(), "--train-only" in sys.argv
    base = BASE | {"datasets.folder.path": str(folder)}
    for name, (settings, rates) in METHODS.items():
        dsc = {
            lr: [trained(f"tune-{name}-lr{lr}-fold{fold}", base | settings, lr, fold) for fold in FOLDS] for lr in rates
        }
        best = max(dsc, key=lambda lr: sum(dsc[lr]))
        for fold in () if train_only else FOLDS:
            scored(f"{name}-fold{fold}", base | settings, best, fold)
    runs = pd.read_csv(ROWS)
    runs["method"] = runs.name.str.extract("tune-(.*)-lr")
    title = "Mean validation DSC over the learning rate, a thin line a fold"
    save(learning_rates(runs, "validation_dsc", title), Path("docs/images/losses_learning_rates.png"), 100)


def trained(name: str, settings: dict[str, str], lr: str, fold: int) -> float:
    """Validation DSC, the mean of the last two epochs."""
    if not (row := find(ROWS, name=name)):
        run(name, settings, lr, fold, "train")
        dsc = pd.read_csv("plots/history.csv").validation_dsc[-2:].mean()
        seconds = json.loads(Path("metrics/timing.json").read_text())["training_seconds"]
        row = {"name": name, **chosen(settings, lr, fold), "validation_dsc": round(dsc, 4), "training_seconds": seconds}
        append(ROWS, pd.DataFrame([row]))
    return float(row["validation_dsc"])


def scored(name: str, settings: dict[str, str], lr: str, fold: int) -> None:
    if not find(SCORES, name=name, lr=lr):  # with more rates, another may be the best
        run(name, settings, lr, fold, "evaluate")
        dsc = json.loads(Path("metrics/evaluation.json").read_text())["test"]["dsc"]
        found = {key: round(dsc[key], 4) for key in ("mean", "median", "minimum", "failures")}
        append(SCORES, pd.DataFrame([{"name": name, **chosen(settings, lr, fold), **found}]))


def run(name: str, settings: dict[str, str], lr: str, fold: int, target: str) -> None:
    changed = settings | {f"optims.{settings['optim']}.lr": lr, "split.fold": str(fold)}
    changes = [word for key, value in changed.items() for word in ("-S", f"{key}={value}")]
    subprocess.run(["dvc", "exp", "remove", name], capture_output=True)  # of a run that was stopped
    subprocess.run(["dvc", "exp", "run", "--name", name, *changes, target], check=True)


def chosen(settings: dict[str, str], lr: str, fold: int) -> dict[str, object]:
    row = {key.removeprefix("train."): settings[key] for key in ("loss", "optim", "schedule", "train.ema_decay")}
    return row | {"lr": lr, "fold": fold}


if __name__ == "__main__":
    main()
