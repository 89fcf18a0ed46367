"""What the second look adds: python -m studies.second_look NAME [WEIGHTS]

Predicts and scores the test patients of the workspace with a trained refining U-Net (by default data/weights/last.pt)
as it is, and again with the second look's last layer set to 0, which leaves the U-Net's own logits. A row a patient
is added to docs/architectures/second_look.csv under NAME; the means are printed.
"""

import sys
from copy import deepcopy
from pathlib import Path

import pandas as pd
import torch

from brainseg.core.params import parse_settings, read_params
from brainseg.core.progress import progress
from brainseg.data import preprocessed, split
from brainseg.data.raw.patients import FOLDER, read_mask
from brainseg.data.weights import TrainedNetwork, read_network
from brainseg.evaluation.patient_scores import EvaluateSettings
from brainseg.inference import PredictSettings, predict
from brainseg.metrics.overlap import dsc
from brainseg.metrics.surface import surface_dice
from brainseg.postprocessing.final_mask import MaskSettings, final_mask
from studies.growing_table import append


def main() -> None:
    run, path = sys.argv[1], Path([*sys.argv, "data/weights/last.pt"][2])
    params, device = read_params(), torch.device("cpu")
    predict_settings = parse_settings(PredictSettings, params, "predict")
    evaluate, mask_settings = (parse_settings(kind, params, "evaluate") for kind in (EvaluateSettings, MaskSettings))
    whole = read_network(path)
    without = TrainedNetwork(deepcopy(whole.network), whole.input_settings)
    for parameter in without.network.change[-1].parameters():
        torch.nn.init.zeros_(parameter)

    rows = []
    for name in progress(split.patients_in(split.read(), "test"), "predicting"):
        patient, truth = preprocessed.read(name), read_mask(FOLDER / name)
        row: dict[str, object] = {"name": run, "patient": name}
        for look, trained in (("second", whole), ("first", without)):
            mask = final_mask(predict([trained], patient, device, predict_settings), mask_settings)
            row |= {f"dsc_{look}": round(dsc(mask, truth), 4)}
            row |= {f"nsd_{look}": round(surface_dice(mask, truth, evaluate.tolerance_px), 4)}
        rows.append(row)
    found = pd.DataFrame(rows)
    append(Path("docs/architectures/second_look.csv"), found)
    print(found.drop(columns=["name", "patient"]).mean().round(4).to_string())


if __name__ == "__main__":
    main()
