"""Predict every slice of every patient: python -m stages.predict"""

from pathlib import Path

from brainseg.core.errors import told_in_one_line
from brainseg.core.params import read_params, settings
from brainseg.core.progress import progress
from brainseg.data.predictions import write_prediction
from brainseg.data.preprocessed import read_preprocessed
from brainseg.device import be_reproducible, pick_device
from brainseg.inference import PredictSettings, predict, read_networks

PREPROCESSED, PREDICTIONS = Path("data/preprocessed"), Path("data/predictions")


def main() -> None:
    predict_settings = settings(PredictSettings, read_params(), "predict")
    device = pick_device()
    be_reproducible(predict_settings.precision)
    networks = read_networks(predict_settings, device)
    for path in progress(sorted(PREPROCESSED.glob("*.npz")), "predicting"):
        prediction = predict(networks, read_preprocessed(path), device, predict_settings)
        write_prediction(PREDICTIONS / path.name, prediction)


if __name__ == "__main__":
    with told_in_one_line():
        main()
