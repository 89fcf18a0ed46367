"""Score the predictions patient by patient: python -m stages.evaluate"""

from functools import partial
from pathlib import Path
from typing import Any

from brainseg.core.errors import UserError, report_errors
from brainseg.core.files import REMEDY, write_json
from brainseg.core.params import lookup_name, parse_settings, read_params
from brainseg.core.progress import print_line
from brainseg.data import paths, predictions, preprocessed, split
from brainseg.data.ensemble import refuse_leakage
from brainseg.data.raw import patients
from brainseg.data.tables import write_table
from brainseg.evaluation.failure_warning import with_warning
from brainseg.evaluation.patient_scores import EvaluateSettings
from brainseg.evaluation.scoring import Scored, curves, score_prediction, scores_table, summaries, summary_line
from brainseg.evaluation.strata import with_strata
from brainseg.evaluation.summary import by_stratum
from brainseg.parallel import parallel_map


def main() -> None:
    params = read_params()
    subset = split.read()
    evaluate = parse_settings(EvaluateSettings, params, "evaluate")
    networks, start_from = (Path(lookup_name(params, key)) for key in ("predict.networks", "train.start_from"))
    refuse_leakage(subset, networks, start_from, lookup_name(params, "split.person_pattern"))
    scored = parallel_map(partial(score_patient, evaluate), list(subset), "scoring")
    per_volume = with_warning(with_strata(scores_table(subset, scored)))
    write_table(paths.PER_VOLUME, per_volume)
    write_table(paths.STRATA, by_stratum(per_volume))

    # the best epoch's weights score too high on the patients that chose the epoch
    selected_on = "validation" if lookup_name(params, "predict.weights") == "best" else "nothing"
    summary: dict[str, Any] = {"selected_on": selected_on, **summaries(per_volume, scored)}
    for name in filter(summary.__contains__, split.SUBSETS):
        print_line(summary_line(name, summary[name]))
    by_threshold, reliability = curves(per_volume, scored)
    write_table(paths.BY_THRESHOLD, by_threshold)
    write_table(paths.RELIABILITY, reliability)
    write_json(paths.EVALUATION, summary)


def score_patient(evaluate: EvaluateSettings, name: str) -> Scored:
    retained, geometry = preprocessed.read_geometry(name)
    folder = patients.FOLDER / name
    truth = patients.read_mask(folder)
    prediction = predictions.read(name)
    grid = (geometry.height, geometry.width)
    if not truth.shape == prediction.on_file_grid.shape == (len(retained), *grid):
        shapes = f"{prediction.on_file_grid.shape}, its mask {truth.shape}, as preprocessed {(len(retained), *grid)}"
        raise UserError(f"{predictions.FOLDER}/{name}.npz: is {shapes}; expected one shape; {REMEDY}")
    return score_prediction(prediction, patients.read_images(folder), truth, retained, geometry, evaluate)


if __name__ == "__main__":
    with report_errors():
        main()
