"""Score the held-out patients as other scanners might show them: python -m stages.robustness"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from brainseg.core.errors import told_in_one_line
from brainseg.core.files import write_csv, write_json
from brainseg.core.params import read_params, settings
from brainseg.core.progress import progress
from brainseg.data.ensemble import refuse_known_patients
from brainseg.data.raw.patients import read_images, read_mask
from brainseg.data.split import members, read_split, scored_subset
from brainseg.device import be_reproducible, pick_device
from brainseg.figures.style import save
from brainseg.inference import PredictSettings, predict, read_networks
from brainseg.metrics.overlap import dsc
from brainseg.postprocessing.final_mask import MaskSettings, headline_mask
from brainseg.preprocessing import PreprocessSettings, preprocess
from brainseg.robustness.figure import robustness_lines
from brainseg.robustness.perturbations import STRENGTHS, perturbed

DPI = 100  # not plot.dpi: a sharper picture is not worth predicting anew

Scores = Mapping[tuple[str, str], Sequence[float]]  # (kind, strength) -> the DSC of each patient


def main() -> None:
    params = read_params()
    as_trained = settings(PreprocessSettings, params, "preprocess")
    predict_settings = settings(PredictSettings, params, "predict")
    evaluate = settings(MaskSettings, params, "evaluate")
    device = pick_device()
    be_reproducible(predict_settings.precision)
    networks = read_networks(predict_settings, device)

    def dsc_of(image: np.ndarray, truth: np.ndarray) -> float:
        prediction = predict(networks, preprocess(image, truth, as_trained), device, predict_settings)
        return dsc(headline_mask(prediction, evaluate), truth)

    subset = read_split(Path("data/split.csv"))
    refuse_known_patients(subset, Path(predict_settings.networks))
    scored = scored_subset(subset.values())
    patients = members(subset, scored)
    scores: dict[tuple[str, str], list[float]] = {("none", "none"): []}
    scores |= {(kind, strength): [] for kind, strengths in STRENGTHS.items() for strength in strengths}
    for name in progress(patients, "perturbing"):
        image, truth = read_images(Path(f"data/raw/{name}")), read_mask(Path(f"data/raw/{name}"))
        for (kind, strength), values in scores.items():
            versions = [image] if kind == "none" else perturbed(image, kind, strength, name, as_trained.background)
            values.append(float(np.mean([dsc_of(version, truth) for version in versions])))

    rows = [
        {"patient": name, "kind": kind, "strength": strength, "dsc": values[place]}
        for place, name in enumerate(patients)
        for (kind, strength), values in scores.items()
    ]
    write_csv(Path("metrics/robustness.csv"), rows)
    write_json(Path("metrics/robustness.json"), {"subset": scored, "patients": len(patients)} | summary(scores))
    title = f"DSC of the {scored} patients under perturbation: mean, and each patient"
    save(robustness_lines(by_kind(scores), title), Path("plots/robustness.png"), DPI)


def summary(scores: Scores) -> dict[str, Any]:
    """Mean DSC without perturbation; of each kind and strength the mean, and how far it is from that."""
    unperturbed = float(np.mean(scores["none", "none"]))
    told: dict[str, Any] = {"unperturbed": unperturbed}
    for kind, strengths in STRENGTHS.items():
        means = {strength: float(np.mean(scores[kind, strength])) for strength in strengths}
        told[kind] = {strength: {"dsc": mean, "change": mean - unperturbed} for strength, mean in means.items()}
    return told


def by_kind(scores: Scores) -> dict[str, dict[str, Sequence[float]]]:
    """Kind -> strength, from none on -> the DSC of each patient."""
    none = scores["none", "none"]
    return {kind: {"none": none} | {s: scores[kind, s] for s in strengths} for kind, strengths in STRENGTHS.items()}


if __name__ == "__main__":
    with told_in_one_line():
        main()
