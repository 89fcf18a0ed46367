"""Every loss on the made-up patients, three seeds: python -m studies.losses_on_phantom

Everything but the loss and the seed is as in params.yaml, save the number of epochs; patients, split and slices are
those of the default run, so `dvc repro` comes first. A run adds its row to docs/losses/phantom.csv and its epochs
to phantom_curves.csv; runs that are there are not repeated, so it can be stopped at any moment. In the end it
prints the table of docs/results/losses.md and draws its pictures.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import torch

from brainseg.cli.catalogue import GROUPS, catalogue
from brainseg.compare.stats.convergence import converged_at
from brainseg.core.components import available, build_chosen
from brainseg.core.params import read_params
from brainseg.data import split
from brainseg.device import be_reproducible, device_name, pick_device
from brainseg.evaluation.summary import FAILURE_DSC
from brainseg.figures.style import save
from brainseg.losses.bce import bce
from brainseg.training.checkpoint import Checkpoint
from brainseg.training.loop import train
from brainseg.training.recipe import recipe_from
from brainseg.training.slices import Slices, load_slices
from brainseg.training.validation import validate
from studies.growing_table import append, find
from studies.losses_figures import learning_curves, loss_bars

EPOCHS, SEEDS = 15, (0, 1, 2)
REACHED = 0.8
RUNS, CURVES, IMAGES = Path("docs/losses/phantom.csv"), Path("docs/losses/phantom_curves.csv"), Path("docs/images")


def main() -> None:
    params, device = read_params(), pick_device()
    subset = split.read()
    slices = {name: load_slices(split.patients_in(subset, name), device) for name in set(subset.values())}
    be_reproducible(params["train"]["precision"])
    for seed in SEEDS:  # all losses once, then again
        for loss in available("losses"):
            if not find(RUNS, loss=loss, seed=seed):
                row, curve = run(params | {"loss": loss, "seed": seed}, slices, device)
                append(CURVES, curve)
                append(RUNS, pd.DataFrame([row]))
    draw_and_print()


def run(params: dict, slices: dict[str, Slices], device: torch.device) -> tuple[dict, pd.DataFrame]:
    recipe = recipe_from(params | {"train": params["train"] | {"epochs": EPOCHS}})
    torch.manual_seed(params["seed"])
    network = build_chosen("archs", params)(3).to(device, memory_format=torch.channels_last)
    optimizer = build_chosen("optims", params)(network.parameters())
    checkpoint = Checkpoint(Path("runs/unfinished/losses_on_phantom.pt"))
    checkpoint.remove()  # a run is short, and one that was stopped may have been another
    trained = train(network, optimizer, recipe, slices["train"], slices["validation"], checkpoint, nothing)
    checkpoint.remove()
    network.load_state_dict(trained.last_state)
    # the scores do not depend on the loss, so any will do
    _, patients = validate(network, bce, slices["test"], recipe.settings.batch_size, recipe.settings.precision)
    dsc = np.array([patient["dsc"] for patient in patients])
    curve = pd.DataFrame(trained.history)[["epoch", "train_loss", "validation_dsc", "validation_soft_dsc"]]
    steps = trained.train_slices // recipe.settings.batch_size
    epoch = converged_at(curve["validation_dsc"].to_numpy())
    who = {"loss": params["loss"], "seed": params["seed"]}
    row = who | {
        "dsc_mean": round(dsc.mean(), 4),
        "dsc_median": round(float(np.median(dsc)), 4),
        "failures": int((dsc < FAILURE_DSC).sum()),
        "milliseconds_a_step": round(1000 * trained.train_seconds / steps, 2),
        "converged_at_epoch": epoch or "",
        "minutes_to_converge": round(sum(trained.epoch_seconds[:epoch]) / 60, 3) if epoch else "",
        "device": device_name(device),
    }
    return row, curve.round(4).assign(**who)[[*who, *curve]]


def nothing(network: torch.nn.Module, row: dict[str, float]) -> None:
    """After an epoch."""


def draw_and_print() -> None:
    runs, curves = pd.read_csv(RUNS), pd.read_csv(CURVES).drop_duplicates(["loss", "seed", "epoch"], keep="last")
    entries = catalogue("losses")
    groups = {group: [entry.name for entry in entries if entry.group == group] for group in GROUPS}
    save(
        learning_curves(
            curves,
            groups,
            "validation_dsc",
            "Mean DSC of six made-up validation patients, the range of three seeds shaded",
        ),
        IMAGES / "losses_curves.png",
        100,
    )
    save(loss_bars(runs, groups, "dsc_mean", "Mean DSC of ten made-up test patients"), IMAGES / "losses_bars.png", 100)
    print(
        "| group | loss | mean DSC ± SD of seeds | median DSC | failures"
        f" | ms a step | of Dice's | minutes to converge | epochs to validation DSC {REACHED} |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    step_ms = runs.groupby("loss").milliseconds_a_step.median()
    for group, losses in groups.items():
        for loss in losses:
            of_loss = runs[runs.loss == loss]
            minutes = of_loss.minutes_to_converge.dropna()
            converged = f"{minutes.mean():.2f} ({len(minutes)} of {len(of_loss)})" if len(minutes) else "not converged"
            print(
                f"| {group} | {loss} | {of_loss.dsc_mean.mean():.3f} ± {of_loss.dsc_mean.std():.3f}"
                f" | {of_loss.dsc_median.mean():.3f} | {of_loss.failures.sum()} of {10 * len(of_loss)}"
                f" | {step_ms[loss]:.1f} | {step_ms[loss] / step_ms['dice']:.2f} | {converged}"
                f" | {epochs_to(REACHED, curves[curves.loss == loss])} |"
            )


def epochs_to(dsc: float, curves: pd.DataFrame) -> str:
    """For each seed, the first epoch at which the median of the last five validation DSC is so high."""
    by_seed = curves.pivot(index="epoch", columns="seed", values="validation_dsc").rolling(5).median()
    return ", ".join(str((column >= dsc).idxmax()) if (column >= dsc).any() else "–" for _, column in by_seed.items())


if __name__ == "__main__":
    main()
