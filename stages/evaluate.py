"""Score the predictions patient by patient: python -m stages.evaluate"""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from brainseg.audit.likeness.fingerprint import Fingerprint, fingerprint
from brainseg.audit.likeness.near_duplicates import AnyFingerprint, Likeness, alike
from brainseg.audit.likeness.stored import FingerprintFile
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
from brainseg.evaluation.failure_warning import with_warning
from brainseg.evaluation.mask_selection import best_candidate, candidates, dsc_of_candidates
from brainseg.evaluation.patient_scores import EvaluateSettings
from brainseg.evaluation.scoring import Scored, curves, score_prediction, scores_table, summaries, summary_line
from brainseg.evaluation.strata import with_strata
from brainseg.evaluation.summary import by_stratum
from brainseg.parallel import parallel_map, parallel_results
from brainseg.postprocessing.final_mask import MaskSettings


def main() -> None:
    params = read_params()
    subset = split.read()
    evaluate = parse_settings(EvaluateSettings, params, "evaluate")
    refuse_trained = partial(
        refuse_leakage,
        networks=Path(lookup_name(params, "predict.networks")),
        start_from=Path(lookup_name(params, "train.start_from")),
        person_pattern=lookup_name(params, "split.person_pattern"),
        weights=lookup_name(params, "predict.weights"),
    )
    refuse_trained(subset)
    options = candidates(evaluate)
    mask, choice = options[0], {"chosen_on": "nothing"}
    if len(options) > 1:
        choosing = split.patients_in(subset, "validation")
        refuse_trained(dict.fromkeys(choosing, "validation"))
        mask, choice = choose_mask(options, choosing)
    scored, prints = [], {}
    with FingerprintFile() as file:
        results = parallel_results(partial(score_patient, mask, evaluate), list(subset), "scoring")
        for name, (its_scores, fingerprint_of_it) in zip(subset, results, strict=True):
            scored.append(its_scores)
            prints[name] = file.store(fingerprint_of_it)
        copies = copies_in_training(subset, prints)
    per_volume = with_warning(with_strata(scores_table(subset, scored)))
    write_table(paths.PER_VOLUME, per_volume)
    write_table(paths.STRATA, by_stratum(per_volume))

    # the best epoch's weights, and a chosen mask, score too high on the patients that chose them
    best_epoch = lookup_name(params, "predict.weights") == "best"
    selected_on = "validation" if best_epoch else choice["chosen_on"]
    summary: dict[str, Any] = {"selected_on": selected_on, "final_mask": mask.model_dump() | choice}
    summary["copies_in_training"] = [f"{copy.patient} of {copy.other}: {copy.words}" for copy in copies]
    summary |= summaries(per_volume, scored)
    for name in filter(summary.__contains__, split.SUBSETS):
        print_line(summary_line(name, summary[name]))
    for copy in copies:
        print_line(f"warning: {copy.patient}, held out, is nearly {copy.other}, which trained: {copy.words}")
    by_threshold, reliability = curves(per_volume, scored)
    write_table(paths.BY_THRESHOLD, by_threshold)
    write_table(paths.RELIABILITY, reliability)
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


def copies_in_training(subset: Mapping[str, str], prints: Mapping[str, AnyFingerprint]) -> list[Likeness]:
    """Held-out patients whose images are nearly those of a training patient, whatever their names say."""
    sides = (split.evaluation_subset(subset.values()), "train")
    held_out, trained = ({name: prints[name] for name in split.patients_in(dict(subset), side)} for side in sides)
    return [pair for pair in alike(held_out, trained) if pair.is_near_duplicate]


def score_patient(mask: MaskSettings, evaluate: EvaluateSettings, name: str) -> tuple[Scored, Fingerprint]:
    retained, geometry, truth, prediction = read_patient(name)
    image = patients.read_images(patients.FOLDER / name)
    spacing_mm = patients.read_spacing_mm(patients.FOLDER / name)
    scored = score_prediction(prediction, image, truth, retained, geometry, mask, evaluate, spacing_mm)
    return scored, fingerprint(image)


if __name__ == "__main__":
    with report_errors():
        main()
