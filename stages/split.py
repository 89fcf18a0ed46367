"""Assign each person to training, validation or test: python -m stages.split"""

from brainseg.core.errors import report_errors
from brainseg.core.params import parse_settings, read_params
from brainseg.core.progress import print_line
from brainseg.data import split
from brainseg.data.raw.patients import patient_names, persons
from brainseg.splitting import SplitSettings, split_patients


def main() -> None:
    settings = parse_settings(SplitSettings, read_params(), "split")
    subset = split_patients(patient_names(), settings)
    split.write(subset)
    count = len(set(persons(subset, settings.person_pattern).values()))
    sizes = ", ".join(f"{len(split.patients_in(subset, name))} {name}" for name in split.SUBSETS)
    if not split.patients_in(subset, "test"):
        print_line("nobody tests: the validation patients, who choose the best epoch, are scored")
    print_line(f"{len(subset)} patients of {count} persons: {sizes}")


if __name__ == "__main__":
    with report_errors():
        main()
