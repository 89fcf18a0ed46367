"""Score the predictions patient by patient: python -m stages.evaluate"""

from dataclasses import asdict
from functools import partial, reduce
from operator import add
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from brainseg.core.errors import told_in_one_line
from brainseg.core.files import write_json
from brainseg.core.params import choice, read_params, settings
from brainseg.core.progress import say
from brainseg.data.ensemble import refuse_known_patients
from brainseg.data.predictions import read_prediction
from brainseg.data.preprocessed import read_geometry
from brainseg.data.raw.patients import read_images, read_mask
from brainseg.data.split import SUBSETS, members, read_split
from brainseg.data.tables import write_table
from brainseg.evaluation.failure_warning import how_well_it_warned, with_warning
from brainseg.evaluation.patient_scores import EvaluateSettings, Scores, reliability_near_lesion, score
from brainseg.evaluation.strata import Traits, traits, with_strata
from brainseg.evaluation.summary import by_stratum, summarize
from brainseg.metrics.calibration import Reliability
from brainseg.metrics.thresholds import dsc_by_threshold
from brainseg.parallel import each

METRICS = Path("metrics")
THRESHOLDS = [round(0.05 * step, 2) for step in range(1, 20)]


def main() -> None:
    params = read_params()
    subset = read_split(Path("data/split.csv"))
    evaluate = settings(EvaluateSettings, params, "evaluate")
    refuse_known_patients(subset, Path(choice(params, "predict.networks")))
    patients = list(subset)
    scores, found_traits, by_threshold, reliability = zip(
        *each(partial(score_patient, evaluate), patients, "scoring"), strict=True
    )
    per_volume = pd.DataFrame({"patient": patients, "subset": [subset[patient] for patient in patients]})
    per_volume = per_volume.join(pd.DataFrame(map(asdict, scores))).join(pd.DataFrame(map(asdict, found_traits)))
    per_volume = with_warning(with_strata(per_volume))
    write_table(METRICS / "per_volume.csv", per_volume)
    write_table(METRICS / "strata.csv", by_stratum(per_volume))

    # who scores the best epoch's weights on the patients that chose it flatters them
    selected_on = "validation" if choice(params, "predict.weights") == "best" else "nothing"
    summary: dict[str, Any] = {"selected_on": selected_on}
    curves, bins = [], []
    for name in SUBSETS:
        if members(subset, name):
            inside = np.flatnonzero(per_volume.subset == name)
            summary[name] = summarize([scores[place] for place in inside])
            summary[name]["warning_of_failure"] = how_well_it_warned(per_volume.iloc[inside])
            mean_dsc = np.mean([by_threshold[place] for place in inside], axis=0)
            curves.append(pd.DataFrame({"subset": name, "threshold": THRESHOLDS, "mean_dsc": mean_dsc}))
            pooled: Reliability = reduce(add, [reliability[place] for place in inside])
            bins.append(pd.DataFrame({"subset": name, **asdict(pooled)}))
            tell(name, summary[name])
    write_table(METRICS / "by_threshold.csv", pd.concat(curves))
    write_table(METRICS / "reliability.csv", pd.concat(bins))
    write_json(METRICS / "evaluation.json", summary)


def score_patient(evaluate: EvaluateSettings, name: str) -> tuple[Scores, Traits, np.ndarray, Reliability]:
    kept, geometry = read_geometry(Path(f"data/preprocessed/{name}.npz"))
    folder = Path(f"data/raw/{name}")
    truth = read_mask(folder)
    prediction = read_prediction(Path(f"data/predictions/{name}.npz"))
    near_lesion = reliability_near_lesion(prediction, truth)
    return (
        score(prediction, truth, kept, geometry, near_lesion, evaluate),
        traits(read_images(folder), truth),
        dsc_by_threshold(prediction.on_file_grid, truth, THRESHOLDS),
        near_lesion,
    )


def tell(name: str, summary: dict[str, Any]) -> None:
    dsc = summary["dsc"]
    say(
        f"{name:10}  {summary['patients']:3d} patients  mean DSC {dsc['mean']:.4f}  median {dsc['median']:.4f}"
        f"  minimum {dsc['minimum']:.4f}  failures {dsc['failures']}"
    )


if __name__ == "__main__":
    with told_in_one_line():
        main()
