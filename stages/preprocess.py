"""Crop, resize and normalise every patient: python -m stages.preprocess"""

from functools import partial
from pathlib import Path

from brainseg.core.errors import told_in_one_line
from brainseg.core.params import read_params, settings
from brainseg.data.preprocessed import write_preprocessed
from brainseg.data.raw.patients import patient_names, read_images, read_mask
from brainseg.parallel import each
from brainseg.preprocessing import PreprocessSettings, preprocess

RAW, PREPROCESSED = Path("data/raw"), Path("data/preprocessed")


def main() -> None:
    preprocessing = settings(PreprocessSettings, read_params(), "preprocess")
    each(partial(preprocess_patient, preprocessing), patient_names(RAW), "preprocessing")


def preprocess_patient(preprocessing: PreprocessSettings, name: str) -> None:
    patient = preprocess(read_images(RAW / name), read_mask(RAW / name), preprocessing)
    write_preprocessed(PREPROCESSED / f"{name}.npz", patient)


if __name__ == "__main__":
    with told_in_one_line():
        main()
