"""Networks on real patients: python -m studies.architectures_on_patients KAGGLE_3M STEP

STEP is one of these, in this order; each is needed by the next:

tune     inside the 80 patients that the report trained on, three folds: each network at its learning rates. The rate
         with the best validation DSC, the mean of the folds and of the last two epochs, is its own.
folds    the same folds with that rate and three seeds, scored on their test patients: `brainseg compare 'fold-*'`
pruned   U-Net++ with deep supervision, seed 0, pruned and with the mean of its heads
report   trained on all 80 with three seeds, scored on the report's ten, once: `brainseg compare 'report-*'`

Every run is a DVC experiment. A row of docs/architectures/STEP.csv is written after each; rows that are there are not
run again, so it can be stopped at any moment. All networks see as many slices, in as many steps. The
refining network's tokens see slices of 128 x 128 pixels, the U-Net beneath them 64 x 64, as all others but unet-128 do.
"""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd

from brainseg.data.split import evaluation_subset
from brainseg.figures.style import save
from studies.growing_table import append, find
from studies.learning_rates_figure import learning_rates

TABLES, FOLDS, SEEDS = Path("docs/architectures"), (0, 1, 2), (0, 1, 2)
SUPERVISED = {"arch": "unetpp", "archs.unetpp.deep_supervision": "true"}
# name -> settings, learning rates to choose from
METHODS = {
    "unet": ({"arch": "unet"}, ("5e-4",)),  # docs/results/losses.md: best of 1.25e-4, 5e-4, 2e-3, 8e-3 on these folds
    "unetpp": ({"arch": "unetpp"}, ("5e-4", "2e-3")),
    "unetpp-supervised": (SUPERVISED, ("5e-4", "2e-3")),
    "transunet": ({"arch": "transunet"}, ("5e-4", "2e-3")),
    # as fine as the tokens of the next: what the resolution alone does
    "unet-128": ({"arch": "unet", "preprocess.side_px": "128"}, ("5e-4",)),
    # the form that docs/results/architectures.md settles on, at the rate of the U-Net beneath
    "refining": (
        {"arch": "refining_unet", "archs.refining_unet.coarsening": "2", "preprocess.side_px": "128"},
        ("5e-4",),
    ),
}
PRUNED = {f"L{depth}": {"predict.prune_to": str(depth)} for depth in (1, 2, 3)} | {"mean": {"predict.heads": "mean"}}
AS_COMMITTED = {  # what an earlier `-S` may have left otherwise
    "loss": "dice",
    "optim": "adam",
    "train.ema_decay": "0.0",
    "predict.weights": "last",
    "predict.flips": "false",
    "input.neighbours": "0",
    "archs.unetpp.deep_supervision": "false",
    "predict.prune_to": "0",
    "predict.heads": "last",
    "archs.refining_unet.coarsening": "1",
    "seed": "0",
}
BASE = AS_COMMITTED | {
    "data": "folder",
    "split.folds": "3",
    "split.validation": "0.2",
    "preprocess.side_px": "64",
    "schedule": "cosine",
    "train.epochs": "6",
    "train.batch_size": "8",
}
INSIDE = {"split.strategy": "kfold", "split.set_aside": "report"}
REPORT = {"split.strategy": "report", "split.set_aside": "nobody"}


def main() -> None:
    folder, step = Path(sys.argv[1]).resolve(), sys.argv[2]
    names = sys.argv[3:] or list(METHODS)
    base = BASE | {"datasets.folder.path": str(folder)}
    {"tune": tune, "folds": folds, "pruned": pruned, "report": report}[step](base, names)


def tune(base: dict[str, str], names: list[str]) -> None:
    for name in names:
        settings, rates = METHODS[name]
        for lr in rates:
            for fold in FOLDS:
                changed = base | INSIDE | settings | {"optims.adam.lr": lr, "split.fold": str(fold)}
                tuned(f"tune-{name}-lr{lr}-fold{fold}", name, lr, fold, changed)
    runs = pd.read_csv(TABLES / "tune.csv")
    title = "Mean validation DSC over the learning rate, a thin line a fold"
    save(learning_rates(runs, "validation_dsc", title), Path("docs/images/architectures_learning_rates.png"), 100)


def tuned(run_name: str, method: str, lr: str, fold: int, given: dict[str, str]) -> None:
    if not find(TABLES / "tune.csv", name=run_name):
        run(run_name, given, "train")
        dsc = pd.read_csv("plots/history.csv").validation_dsc[-2:].mean()
        seconds = json.loads(Path("metrics/timing.json").read_text())["training_seconds"]
        row = {"name": run_name, "method": method, "lr": lr, "fold": fold, "validation_dsc": round(dsc, 4)}
        append(TABLES / "tune.csv", pd.DataFrame([row | {"training_seconds": seconds}]))


def best_rate(method: str) -> str:
    rates = METHODS[method][1]
    if len(rates) == 1:
        return rates[0]
    runs = pd.read_csv(TABLES / "tune.csv", dtype={"lr": str})
    return runs[runs.method == method].groupby("lr").validation_dsc.mean().idxmax()


def folds(base: dict[str, str], names: list[str]) -> None:
    for seed in SEEDS:
        for name in names:
            for fold in FOLDS:
                changed = base | INSIDE | METHODS[name][0] | {"split.fold": str(fold), "seed": str(seed)}
                scored("folds", f"fold-{name}-seed{seed}-fold{fold}", name, changed)


def pruned(base: dict[str, str], _: list[str]) -> None:
    for change, setting in PRUNED.items():
        for fold in FOLDS:
            changed = base | INSIDE | SUPERVISED | setting | {"split.fold": str(fold)}
            scored("pruned", f"pruned-{change}-fold{fold}", "unetpp-supervised", changed)


def report(base: dict[str, str], names: list[str]) -> None:
    for seed in SEEDS:
        for name in names:
            changed = base | REPORT | METHODS[name][0] | {"seed": str(seed)}
            scored("report", f"report-{name}-seed{seed}", name, changed)


def scored(table: str, run_name: str, method: str, given: dict[str, str]) -> None:
    path, lr = TABLES / f"{table}.csv", best_rate(method)
    if find(path, name=run_name, lr=lr):
        return
    run(run_name, given | {"optims.adam.lr": lr}, "evaluate")
    per_patient = pd.read_csv("metrics/per_volume.csv")
    subset = evaluation_subset(per_patient.subset)
    scores = json.loads(Path("metrics/evaluation.json").read_text())[subset]
    row = {"name": run_name, "method": method, "lr": lr, "seed": given["seed"]}
    row |= {key: round(scores["dsc"][key], 4) for key in ("mean", "median", "minimum", "failures")}
    row |= {
        f"{metric}_mean": round(scores[metric]["mean"], 4) for metric in ("dsc_every_component", "dsc_report", "nsd")
    }
    seconds = json.loads(Path("metrics/timing.json").read_text())["training_seconds"]
    append(path, pd.DataFrame([row | {"training_seconds": seconds}]))
    columns = ["patient", "size", "edge", "dsc", "dsc_every_component", "dsc_report", "nsd"]
    of_subset = per_patient.loc[per_patient.subset == subset, columns]
    append(TABLES / f"{table}_per_patient.csv", of_subset.round(4).assign(name=run_name))


def run(name: str, given: dict[str, str], target: str) -> None:
    changes = [word for key, value in given.items() for word in ("-S", f"{key}={value}")]
    subprocess.run(["dvc", "exp", "remove", name], capture_output=True)  # of a run that was stopped
    subprocess.run(["dvc", "exp", "run", "--name", name, *changes, target], check=True)


if __name__ == "__main__":
    main()
