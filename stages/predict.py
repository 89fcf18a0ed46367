"""Predict every slice of every patient: python -m stages.predict"""

from brainseg.core.errors import report_errors
from brainseg.core.params import parse_settings, read_params
from brainseg.core.progress import progress
from brainseg.data import predictions, preprocessed
from brainseg.device import be_reproducible, pick_device
from brainseg.inference import PredictSettings, predict, read_networks


def main() -> None:
    settings = parse_settings(PredictSettings, read_params(), "predict")
    device = pick_device()
    be_reproducible(settings.precision)
    networks = read_networks(settings, device)
    for name in progress(preprocessed.names(), "predicting"):
        predictions.write(name, predict(networks, preprocessed.read(name), device, settings))


if __name__ == "__main__":
    with report_errors():
        main()
