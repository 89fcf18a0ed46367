"""Score the held-out patients with intensities changed as by other scanners: python -m stages.robustness"""

from pathlib import Path
from typing import Any

import numpy as np

from brainseg.core.errors import report_errors
from brainseg.core.files import write_csv, write_json
from brainseg.core.params import lookup_name, parse_settings, read_params
from brainseg.core.progress import progress
from brainseg.data import paths, split
from brainseg.data.ensemble import refuse_leakage
from brainseg.data.raw import patients
from brainseg.device import be_reproducible, pick_device
from brainseg.figures.style import save
from brainseg.inference import PredictSettings, predict, read_networks
from brainseg.metrics.overlap import dsc
from brainseg.postprocessing.final_mask import final_mask, read_mask_settings
from brainseg.preprocessing import PreprocessSettings, preprocess
from brainseg.robustness.figure import robustness_lines
from brainseg.robustness.perturbations import STRENGTHS, perturbed
from brainseg.robustness.settings import RobustnessSettings, evenly_spaced
from brainseg.robustness.summary import by_kind, summary

DPI = 100  # not plot.dpi: a change of it would repeat the predictions


def main() -> None:
    params = read_params()
    as_trained = parse_settings(PreprocessSettings, params, "preprocess")
    predict_settings = parse_settings(PredictSettings, params, "predict")
    settings = parse_settings(RobustnessSettings, params, "robustness")
    mask = read_mask_settings()
    device = pick_device()
    be_reproducible(predict_settings.precision)
    networks = read_networks(predict_settings, device)

    def dsc_of(image: np.ndarray, truth: np.ndarray, *of_files: Any) -> float:
        prediction = predict(networks, preprocess(image, truth, as_trained, *of_files), device, predict_settings)
        return dsc(final_mask(prediction, mask), truth)

    subset_of = split.read()
    networks_from, start_from = Path(predict_settings.networks), Path(lookup_name(params, "train.start_from"))
    person_pattern = lookup_name(params, "split.person_pattern")
    refuse_leakage(subset_of, networks_from, start_from, person_pattern, predict_settings.weights)
    subset = split.evaluation_subset(subset_of.values())
    names = evenly_spaced(split.patients_in(subset_of, subset), settings.patients)
    scores: dict[tuple[str, str], list[float]] = {("none", "none"): []}
    scores |= {
        (kind, strength): [] for kind in STRENGTHS for strength in STRENGTHS[kind] if strength in settings.strengths
    }
    for name in progress(names, "perturbing"):
        folder = patients.FOLDER / name
        image, truth = patients.read_images(folder), patients.read_mask(folder)
        of_files = patients.read_spacing_mm(folder), patients.read_channels(folder)
        for (kind, strength), values in scores.items():
            versions = [image] if kind == "none" else perturbed(image, kind, strength, name, as_trained.background)
            values.append(float(np.mean([dsc_of(version, truth, *of_files) for version in versions])))

    rows = [
        {"patient": name, "kind": kind, "strength": strength, "dsc": values[place]}
        for place, name in enumerate(names)
        for (kind, strength), values in scores.items()
    ]
    write_csv(paths.ROBUSTNESS, rows)
    write_json(paths.ROBUSTNESS_SUMMARY, {"subset": subset, "patients": len(names)} | summary(scores))
    title = f"DSC of the {subset} patients under perturbation: mean, and each patient"
    save(robustness_lines(by_kind(scores), title), paths.PLOTS / "robustness.png", DPI)


if __name__ == "__main__":
    with report_errors():
        main()
