"""Masks of single patients by the network of the last lever: python -m studies.levers_worst KAGGLE_3M LEVER PATIENT ...

Draws docs/images/networks_worst.png: a row a patient, five of the slices that hold the true or the predicted lesion.
Run it after `python -m studies.levers KAGGLE_3M LEVER`, whose last weights are in runs/levers/last.pt.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure

from brainseg.archs.shared.input import InputSettings
from brainseg.core.components import build_chosen
from brainseg.core.params import parse_settings, read_params
from brainseg.data import preprocessed
from brainseg.data.raw.patients import read_images, read_mask
from brainseg.data.weights import TrainedNetwork
from brainseg.figures.style import PREDICTION, TRUTH, save
from brainseg.inference import PredictSettings, predict
from brainseg.metrics.overlap import dsc
from brainseg.postprocessing.final_mask import MaskSettings, final_mask
from brainseg.preprocessing import PreprocessSettings
from studies.levers import PROJECT, with_changes
from studies.levers_run import CPU, LAST_WEIGHTS, preprocess_all
from studies.levers_tried import BASE, LEVERS, RECIPES, UPON

PICTURE = Path("docs/images/networks_worst.png")
COLUMNS, FLAIR = 5, 1


def main() -> None:
    folder, lever, names = Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
    params = with_changes(read_params(PROJECT / "params.yaml"), BASE | RECIPES[UPON] | LEVERS[lever])
    input_settings = parse_settings(InputSettings, params, "input")
    network = build_chosen("archs", params)(input_settings.in_channels)
    network.load_state_dict(torch.load(LAST_WEIGHTS))
    target = preprocess_all(folder, parse_settings(PreprocessSettings, params, "preprocess"))
    figure = Figure(figsize=(2 * COLUMNS, 2.15 * len(names)))
    axes = figure.subplots(len(names), COLUMNS, squeeze=False)
    for row, name in zip(axes, names, strict=True):
        patient = preprocessed.read(name, target)
        networks = [TrainedNetwork(network.eval(), input_settings)]
        prediction = predict(networks, patient, CPU, parse_settings(PredictSettings, params, "predict"))
        predicted = final_mask(prediction, parse_settings(MaskSettings, params, "evaluate"))
        draw(row, name, read_images(folder / name)[..., FLAIR], read_mask(folder / name), predicted)
    figure.subplots_adjust(0.01, 0.01, 0.99, 0.97, wspace=0.02, hspace=0.14)
    save(figure, PICTURE, dpi=80)


def draw(row: np.ndarray, name: str, flair: np.ndarray, truth: np.ndarray, predicted: np.ndarray) -> None:
    with_lesion = np.flatnonzero((truth | predicted).any(axis=(1, 2)))
    places = np.linspace(0, len(with_lesion) - 1, COLUMNS + 2).round().astype(int)[1:-1]
    for axis, number in zip(row, with_lesion[places], strict=True):
        axis.imshow(flair[number], cmap="gray", vmax=np.percentile(flair[number], 99.5))
        for mask, colour in ((truth, TRUTH), (predicted, PREDICTION)):
            if mask[number].any():
                axis.contour(mask[number], [0.5], colors=colour, linewidths=1)
        axis.axis("off")
    row[0].set_title(f"{name}   DSC {dsc(predicted, truth):.2f}", fontsize=9, loc="left")


if __name__ == "__main__":
    main()
