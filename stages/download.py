"""Bring the chosen data set to data/raw, in kaggle_3m layout: python -m stages.download"""

import shutil

from brainseg.core.components import build_chosen
from brainseg.core.errors import UserError, report_errors
from brainseg.core.params import read_params
from brainseg.core.progress import print_line
from brainseg.data.raw.patients import FOLDER, check_patients


def main() -> None:
    fetch = build_chosen("sources", read_params())
    tmp_path = FOLDER.with_name(".raw.aside")
    for remains in (tmp_path, FOLDER.with_name(".unzipped.aside")):  # of a run that was killed
        shutil.rmtree(remains, ignore_errors=True)
    try:
        tmp_path.mkdir(parents=True)
        fetch(tmp_path)
        try:
            slices = check_patients(tmp_path)
        except UserError as error:  # name the files as PATIENT/FILE: the folder is about to be removed
            raise UserError(str(error).replace(f"{tmp_path}/", "")) from None
        shutil.rmtree(FOLDER, ignore_errors=True)
        tmp_path.rename(FOLDER)
        print_line(f"{len(slices)} patients, {sum(slices.values())} slices")
    finally:
        shutil.rmtree(tmp_path, ignore_errors=True)


if __name__ == "__main__":
    with report_errors():
        main()
