"""Score the predictions patient by patient: python -m stages.evaluate"""

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from brainseg.errors import told_in_one_line
from brainseg.evaluation import EvaluateSettings, Scores, score, summarize
from brainseg.files import write_csv, write_json
from brainseg.parallel import each
from brainseg.params import choice, read_params, settings
from brainseg.prediction import read_prediction
from brainseg.preprocessing import read_geometry
from brainseg.progress import say
from brainseg.splits import SUBSETS, members, read_split
from brainseg.volumes import read_mask


def main() -> None:
    params = read_params()
    subset = read_split(Path("data/split.csv"))
    evaluate = settings(EvaluateSettings, params, "evaluate")
    scores = dict(zip(subset, each(partial(score_patient, evaluate), list(subset), "scoring"), strict=True))

    rows = [{"patient": name, "subset": subset[name], **asdict(scores[name])} for name in subset]
    write_csv(Path("metrics/per_volume.csv"), rows)
    # who scores the best epoch's weights on the patients that chose it flatters them
    selected_on = "validation" if choice(params, "predict.weights") == "best" else "nothing"
    summary: dict[str, Any] = {"selected_on": selected_on}
    for name in SUBSETS:
        if patients := members(subset, name):
            summary[name] = summarize([scores[patient] for patient in patients], evaluate)
            dsc = summary[name]["dsc"]
            say(
                f"{name:10}  {len(patients):3d} patients  mean DSC {dsc['mean']:.4f}  median {dsc['median']:.4f}"
                f"  minimum {dsc['minimum']:.4f}  failures {dsc['failures']}"
            )
    write_json(Path("metrics/evaluation.json"), summary)


def score_patient(evaluate: EvaluateSettings, name: str) -> Scores:
    kept, geometry = read_geometry(Path(f"data/preprocessed/{name}.npz"))
    truth = read_mask(Path(f"data/raw/{name}"))
    prediction = read_prediction(Path(f"data/predictions/{name}.npz"))
    return score(prediction, truth, kept, geometry, evaluate)


if __name__ == "__main__":
    with told_in_one_line():
        main()
