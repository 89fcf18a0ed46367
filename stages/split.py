"""Assign each person to training, validation or test: python -m stages.split"""

from pathlib import Path

from brainseg.core.errors import report_errors
from brainseg.core.params import parse_settings, read_params
from brainseg.core.progress import print_line, progress
from brainseg.data import own_split, split
from brainseg.data.raw.patients import FOLDER, institution, lesion_size, patient_names, persons
from brainseg.splitting.settings import SplitSettings
from brainseg.splitting.subsets import split_patients


def main() -> None:
    settings = parse_settings(SplitSettings, read_params(), "split")
    names = patient_names()
    own = size = None
    if settings.strategy == "file":
        own = own_split.read(Path(settings.file), names, settings.person_pattern, settings.folds)
    if settings.stratify != "institution" and settings.strategy != "report":
        size = {name: lesion_size(FOLDER / name) for name in progress(names, "measuring lesions")}
    subset = split_patients(names, settings, own, size)
    split.write(subset)
    person_of = own.person if own else persons(subset, settings.person_pattern)
    count = len({person_of[name] for name in subset})
    sizes = ", ".join(f"{len(split.patients_in(subset, name))} {name}" for name in split.SUBSETS)
    tested = split.patients_in(subset, "test")
    if not tested:
        print_line("nobody tests: the validation patients, who choose the best epoch, are scored")
    if settings.strategy == "leave_one_institution_out":
        print_line(f"institution {institution(tested[0])} tests")
    print_line(f"{len(subset)} patients of {count} persons: {sizes}")


if __name__ == "__main__":
    with report_errors():
        main()
