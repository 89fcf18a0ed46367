"""Draw what came out: python -m stages.plot"""

import json
from pathlib import Path

import pandas as pd
import torch

from brainseg.core.errors import told_in_one_line
from brainseg.core.files import write_csv
from brainseg.core.params import choice, read_params, settings
from brainseg.data.predictions import read_prediction
from brainseg.data.raw.patients import read_images, read_mask
from brainseg.data.split import members, read_split, scored_subset
from brainseg.data.tables import read_table
from brainseg.figures.augmentation import augmentation_gallery
from brainseg.figures.curves import dsc_curves, loss_curves
from brainseg.figures.dsc_bars import dsc_bars
from brainseg.figures.dsc_by_trait import dsc_by_trait
from brainseg.figures.examples import Example, example_slices
from brainseg.figures.failure_warning import warning
from brainseg.figures.probabilities import probabilities
from brainseg.figures.settings import PlotSettings
from brainseg.figures.style import save
from brainseg.postprocessing.final_mask import MaskSettings, headline_mask
from brainseg.training.augmentation import AugmentSettings
from brainseg.training.intensity import IntensitySettings
from brainseg.training.slices import load_slices

PLOTS = Path("plots")


def main() -> None:
    params = read_params()
    plot = settings(PlotSettings, params, "plot")
    evaluate = settings(MaskSettings, params, "evaluate")
    run = ", ".join(choice(params, word) for word in ("arch", "loss", "optim"))

    history = read_table(PLOTS / "history.csv").to_dict("records")
    best_epoch = json.loads(Path("metrics/training.json").read_text())["best_epoch"]
    save(loss_curves(history, f"Loss: {run}"), PLOTS / "loss.png", plot.dpi)
    save(dsc_curves(history, best_epoch, f"Overlap: {run}"), PLOTS / "validation_dsc.png", plot.dpi)

    subset = read_split(Path("data/split.csv"))
    scored = scored_subset(subset.values())
    per_volume = of_subset("per_volume", scored)
    dsc = dict(zip(per_volume.patient, per_volume.dsc, strict=True))
    best_first = sorted(dsc, key=lambda name: (-dsc[name], name))
    write_csv(PLOTS / "dsc_per_volume.csv", [{"patient": name, "dsc": dsc[name]} for name in best_first])
    save(dsc_bars(dsc, f"DSC of the {scored} patients: {run}"), PLOTS / "dsc_per_volume.png", plot.dpi)
    save(dsc_by_trait(per_volume, f"DSC of the {scored} patients: {run}"), PLOTS / "dsc_by_trait.png", plot.dpi)
    curves = of_subset("by_threshold", scored), of_subset("reliability", scored)
    figure = probabilities(*curves, evaluate.threshold, f"Probabilities of the {scored} patients: {run}")
    save(figure, PLOTS / "probabilities.png", plot.dpi)
    coverage = json.loads(Path("metrics/evaluation.json").read_text())[scored]["warning_of_failure"]["asked_coverage"]
    save(
        warning(per_volume, coverage, f"Warning of failure, {scored} patients: {run}"), PLOTS / "warning.png", plot.dpi
    )

    ranks = {"best": 0, "median": len(best_first) // 2, "worst": len(best_first) - 1}
    examples = [read_example(rank, best_first[place], dsc, evaluate) for rank, place in ranks.items()]
    title = f"{scored.capitalize()} patients: {run}"
    save(example_slices(examples, plot.slices_per_patient, title), PLOTS / "examples.png", plot.dpi)

    training = load_slices(Path("data/preprocessed"), members(subset, "train")[:4], torch.device("cpu"))
    largest = [training.largest_lesion(number) for number in range(len(training.names))]
    augmentation = settings(AugmentSettings, params, "augment"), settings(IntensitySettings, params, "intensity")
    gallery = augmentation_gallery(
        *training.batch(torch.stack(largest)), *augmentation, "Augmentation of training slices"
    )
    save(gallery, PLOTS / "augmentation.png", plot.dpi)


def of_subset(table: str, subset: str) -> pd.DataFrame:
    rows = read_table(Path(f"metrics/{table}.csv"))
    return rows[rows.subset == subset]


def read_example(rank: str, name: str, dsc: dict[str, float], evaluate: MaskSettings) -> Example:
    prediction = headline_mask(read_prediction(Path(f"data/predictions/{name}.npz")), evaluate)
    folder = Path(f"data/raw/{name}")
    return Example(f"{rank}: {name}\nDSC {dsc[name]:.3f}", read_images(folder), read_mask(folder), prediction)


if __name__ == "__main__":
    with told_in_one_line():
        main()
