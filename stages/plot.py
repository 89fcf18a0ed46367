"""Draw the figures of the results: python -m stages.plot"""

from pathlib import Path

import pandas as pd
import torch

from brainseg.core.channels import main_channel
from brainseg.core.errors import UserError, report_errors
from brainseg.core.files import read_json_value, write_csv
from brainseg.core.params import lookup_name, parse_settings, read_params
from brainseg.data import paths, predictions, split
from brainseg.data.geometry import aspect_of
from brainseg.data.raw import patients
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
from brainseg.postprocessing.final_mask import MaskSettings, final_mask, read_mask_settings
from brainseg.training.augmentation import AugmentSettings
from brainseg.training.intensity import IntensitySettings
from brainseg.training.slices import load_slices

CURVES = ("epoch", "train_loss", "validation_loss")
CURVES += tuple(f"validation_{score}" for score in ("dsc", "iou", "soft_dsc", "soft_iou"))
SCORES = ("dsc", "ceiling_dsc", "certainty", "predicted_dsc", "dsc_lower_bound", "lesion_voxels", "raggedness")
TRAITS = ("patient", "subset", "institution", "equal_channels", "size", "edge")


def main() -> None:
    params = read_params()
    plot = parse_settings(PlotSettings, params, "plot")
    mask = read_mask_settings()
    run = ", ".join(lookup_name(params, word) for word in ("arch", "loss", "optim"))

    history = read_table(paths.HISTORY, numbers=CURVES).to_dict("records")
    best_epoch = read_json_value(paths.TRAINING, "best_epoch", int)
    if not 0 < best_epoch <= len(history):
        raise UserError(f"{paths.TRAINING}: best_epoch is {best_epoch}; {paths.HISTORY} has {len(history)} epochs")
    save(loss_curves(history, f"Loss: {run}"), paths.PLOTS / "loss.png", plot.dpi)
    save(dsc_curves(history, best_epoch, f"Overlap: {run}"), paths.PLOTS / "validation_dsc.png", plot.dpi)

    subset = split.read()
    evaluated = split.evaluation_subset(subset.values())
    per_volume = of_subset(read_table(paths.PER_VOLUME, SCORES, TRAITS), evaluated, paths.PER_VOLUME)
    dsc = dict(zip(per_volume.patient, per_volume.dsc, strict=True))
    best_first = sorted(dsc, key=lambda name: (-dsc[name], name))
    write_csv(paths.PLOTS / "dsc_per_volume.csv", [{"patient": name, "dsc": dsc[name]} for name in best_first])
    save(dsc_bars(dsc, f"DSC of the {evaluated} patients: {run}"), paths.PLOTS / "dsc_per_volume.png", plot.dpi)
    save(
        dsc_by_trait(per_volume, f"DSC of the {evaluated} patients: {run}"), paths.PLOTS / "dsc_by_trait.png", plot.dpi
    )
    by_threshold = read_table(paths.BY_THRESHOLD, ("threshold", "mean_dsc"), ("subset",))
    reliability = read_table(paths.RELIABILITY, ("probability", "lesion", "voxels"), ("subset",))
    curves = (
        of_subset(by_threshold, evaluated, paths.BY_THRESHOLD),
        of_subset(reliability, evaluated, paths.RELIABILITY),
    )
    figure = probabilities(*curves, mask.threshold, f"Probabilities of the {evaluated} patients: {run}")
    save(figure, paths.PLOTS / "probabilities.png", plot.dpi)
    coverage = read_json_value(paths.EVALUATION, f"{evaluated}.warning_of_failure.asked_coverage", float)
    figure = warning(per_volume, coverage, f"Warning of failure, {evaluated} patients: {run}")
    save(figure, paths.PLOTS / "warning.png", plot.dpi)

    ranks = {"best": 0, "median": len(best_first) // 2, "worst": len(best_first) - 1}
    examples = [read_example(rank, best_first[place], dsc, mask) for rank, place in ranks.items()]
    title = f"{evaluated.capitalize()} patients: {run}"
    save(example_slices(examples, plot.slices_per_patient, title), paths.PLOTS / "examples.png", plot.dpi)

    training = load_slices(split.patients_in(subset, "train")[:4], torch.device("cpu"))
    largest = [training.largest_lesion(number) for number in range(len(training.names))]
    augmentation = (
        parse_settings(AugmentSettings, params, "augment"),
        parse_settings(IntensitySettings, params, "intensity"),
    )
    gallery = augmentation_gallery(
        *training.batch(torch.stack(largest)),
        training.input_settings,
        *augmentation,
        "Augmentation of training slices",
    )
    save(gallery, paths.PLOTS / "augmentation.png", plot.dpi)


def of_subset(table: pd.DataFrame, subset: str, path: Path) -> pd.DataFrame:
    rows = table[table.subset == subset]
    if rows.empty:
        raise UserError(f"{path}: no row of the {subset} patients; `dvc repro` writes it again")
    return rows


def read_example(rank: str, name: str, dsc: dict[str, float], mask: MaskSettings) -> Example:
    prediction = final_mask(predictions.read(name), mask)
    folder, label = patients.FOLDER / name, f"{rank}: {name}\nDSC {dsc[name]:.3f}"
    shown = patients.read_images(folder)[..., main_channel(patients.read_channels(folder))]
    aspect = aspect_of(patients.read_spacing_mm(folder))
    return Example(label, shown, patients.read_mask(folder), prediction, aspect)


if __name__ == "__main__":
    with report_errors():
        main()
