"""Crop, resize and normalise every patient: python -m stages.preprocess"""

from functools import partial

from brainseg.core.errors import report_errors
from brainseg.core.params import parse_settings, read_params
from brainseg.data import preprocessed
from brainseg.data.raw import patients
from brainseg.parallel import parallel_map
from brainseg.preprocessing import PreprocessSettings, preprocess


def main() -> None:
    settings = parse_settings(PreprocessSettings, read_params(), "preprocess")
    parallel_map(partial(preprocess_patient, settings), patients.patient_names(), "preprocessing")


def preprocess_patient(settings: PreprocessSettings, name: str) -> None:
    folder = patients.FOLDER / name
    image, mask = patients.read_images(folder), patients.read_mask(folder)
    spacing_mm, channels = patients.read_spacing_mm(folder), patients.read_channels(folder)
    preprocessed.write(name, preprocess(image, mask, settings, spacing_mm, channels))


if __name__ == "__main__":
    with report_errors():
        main()
