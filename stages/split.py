"""Say which patients train, validate and test: python -m stages.split"""

from pathlib import Path

from brainseg.core.errors import told_in_one_line
from brainseg.core.params import read_params, settings
from brainseg.core.progress import say
from brainseg.data.raw.patients import patient_names, persons
from brainseg.data.split import SUBSETS, members, write_split
from brainseg.splitting import SplitSettings, split_patients


def main() -> None:
    split = settings(SplitSettings, read_params(), "split")
    subset = split_patients(patient_names(Path("data/raw")), split)
    write_split(Path("data/split.csv"), subset)
    count = len(set(persons(subset, split.person_pattern).values()))
    sizes = ", ".join(f"{len(members(subset, name))} {name}" for name in SUBSETS)
    say(f"{len(subset)} patients of {count} persons: {sizes}")


if __name__ == "__main__":
    with told_in_one_line():
        main()
