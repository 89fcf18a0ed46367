"""Say which patients train, validate and test: python -m stages.split"""

from pathlib import Path

from brainseg.errors import told_in_one_line
from brainseg.params import read_params, settings
from brainseg.splits import SplitSettings, split_patients, write_split
from brainseg.volumes import patient_names


def main() -> None:
    split = settings(SplitSettings, read_params(), "split")
    write_split(Path("data/split.csv"), split_patients(patient_names(Path("data/raw")), split))


if __name__ == "__main__":
    with told_in_one_line():
        main()
