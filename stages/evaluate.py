"""Score the predictions patient by patient: python -m stages.evaluate"""

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial, reduce
from operator import add
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from brainseg.core.errors import UserError, report_errors
from brainseg.core.files import REMEDY, write_json
from brainseg.core.params import PARAMS_FILE, lookup_name, parse_settings, read_params
from brainseg.core.progress import print_line
from brainseg.data import paths, predictions, preprocessed, split
from brainseg.data.ensemble import refuse_leakage
from brainseg.data.geometry import Geometry
from brainseg.data.predictions import Prediction
from brainseg.data.raw import patients
from brainseg.data.tables import write_table
from brainseg.evaluation.failure_warning import summarize_warning, with_warning
from brainseg.evaluation.mask_selection import best_candidate, candidates, dsc_of_candidates
from brainseg.evaluation.patient_scores import EvaluateSettings, Scores, reliability_near_lesion, score
from brainseg.evaluation.strata import Traits, traits, with_strata
from brainseg.evaluation.summary import by_stratum, summarize
from brainseg.metrics.calibration import Reliability
from brainseg.metrics.thresholds import dsc_by_threshold
from brainseg.parallel import parallel_map
from brainseg.postprocessing.final_mask import MaskSettings

THRESHOLDS = [round(0.05 * step, 2) for step in range(1, 20)]


def main() -> None:
    params = read_params()
    subset = split.read()
    evaluate = parse_settings(EvaluateSettings, params, "evaluate")
    refuse_trained = partial(
        refuse_leakage,
        networks=Path(lookup_name(params, "predict.networks")),
        start_from=Path(lookup_name(params, "train.start_from")),
        person_pattern=lookup_name(params, "split.person_pattern"),
    )
    refuse_trained(subset)
    options = candidates(evaluate)
    mask, choice = options[0], {"chosen_on": "nothing"}
    if len(options) > 1:
        choosing = split.patients_in(subset, "validation")
        refuse_trained(dict.fromkeys(choosing, "validation"))
        mask, choice = choose_mask(options, choosing)
    names = list(subset)
    scores, found_traits, by_threshold, reliability = zip(
        *parallel_map(partial(score_patient, mask, evaluate), names, "scoring"), strict=True
    )
    per_volume = pd.DataFrame({"patient": names, "subset": [subset[name] for name in names]})
    per_volume = per_volume.join(pd.DataFrame(map(asdict, scores))).join(pd.DataFrame(map(asdict, found_traits)))
    per_volume = with_warning(with_strata(per_volume))
    write_table(paths.PER_VOLUME, per_volume)
    write_table(paths.STRATA, by_stratum(per_volume))

    # the best epoch's weights, and a chosen mask, score too high on the patients that chose them
    best_epoch = lookup_name(params, "predict.weights") == "best"
    selected_on = "validation" if best_epoch else choice["chosen_on"]
    summary: dict[str, Any] = {"selected_on": selected_on, "final_mask": mask.model_dump() | choice}
    curves, bins = [], []
    for name in split.SUBSETS:
        if split.patients_in(subset, name):
            inside = np.flatnonzero(per_volume.subset == name)
            summary[name] = summarize([scores[place] for place in inside])
            summary[name]["warning_of_failure"] = summarize_warning(per_volume.iloc[inside])
            mean_dsc = np.mean([by_threshold[place] for place in inside], axis=0)
            curves.append(pd.DataFrame({"subset": name, "threshold": THRESHOLDS, "mean_dsc": mean_dsc}))
            pooled: Reliability = reduce(add, [reliability[place] for place in inside])
            bins.append(pd.DataFrame({"subset": name, **asdict(pooled)}))
            print_summary(name, summary[name])
    write_table(paths.BY_THRESHOLD, pd.concat(curves))
    write_table(paths.RELIABILITY, pd.concat(bins))
    write_json(paths.EVALUATION, summary)
    write_json(paths.FINAL_MASK, mask.model_dump())


def choose_mask(options: Sequence[MaskSettings], names: Sequence[str]) -> tuple[MaskSettings, dict[str, Any]]:
    """The candidate with the highest mean DSC over these validation patients, and a record of the choice."""
    if not names:
        raise UserError(
            f"{PARAMS_FILE}: evaluate.threshold or evaluate.components is auto, and no patient of {split.PATH} is in"
            " validation; expected a number and one of: every, largest, share, size"
        )
    dsc_by_patient = np.array(parallel_map(partial(dsc_of_patient, options), names, "choosing the final mask"))
    best = best_candidate(dsc_by_patient)
    mean_dsc = float(dsc_by_patient.mean(axis=0)[best])
    print_line(f"final mask chosen on {len(names)} validation patients, mean DSC {mean_dsc:.4f}: {options[best]}")
    counts = {"patients": len(names), "candidates": len(options)}
    return options[best], {"chosen_on": "validation", **counts, "mean_dsc": mean_dsc}


def dsc_of_patient(options: Sequence[MaskSettings], name: str) -> np.ndarray:
    _, _, truth, prediction = read_patient(name)
    return dsc_of_candidates(options, prediction, truth)


def read_patient(name: str) -> tuple[np.ndarray, Geometry, np.ndarray, Prediction]:
    """The retained slices, the geometry, the true mask and the prediction, which fit together."""
    retained, geometry = preprocessed.read_geometry(name)
    truth = patients.read_mask(patients.FOLDER / name)
    prediction = predictions.read(name)
    grid = (geometry.height, geometry.width)
    if not truth.shape == prediction.on_file_grid.shape == (len(retained), *grid):
        shapes = f"{prediction.on_file_grid.shape}, its mask {truth.shape}, as preprocessed {(len(retained), *grid)}"
        raise UserError(f"{predictions.FOLDER}/{name}.npz: is {shapes}; expected one shape; {REMEDY}")
    return retained, geometry, truth, prediction


def score_patient(
    mask: MaskSettings, evaluate: EvaluateSettings, name: str
) -> tuple[Scores, Traits, np.ndarray, Reliability]:
    retained, geometry, truth, prediction = read_patient(name)
    near_lesion = reliability_near_lesion(prediction, truth)
    return (
        score(prediction, truth, retained, geometry, near_lesion, mask, evaluate),
        traits(patients.read_images(patients.FOLDER / name), truth),
        dsc_by_threshold(prediction.on_file_grid, truth, THRESHOLDS),
        near_lesion,
    )


def print_summary(name: str, summary: dict[str, Any]) -> None:
    dsc = summary["dsc"]
    print_line(
        f"{name:10}  {summary['patients']:3d} patients  mean DSC {dsc['mean']:.4f}  median {dsc['median']:.4f}"
        f"  minimum {dsc['minimum']:.4f}  failures {dsc['failures']}"
    )


if __name__ == "__main__":
    with report_errors():
        main()
