"""Bring the chosen data set to data/raw, in kaggle_3m layout: python -m stages.download"""

import shutil
from pathlib import Path

from brainseg.core.components import chosen
from brainseg.core.errors import UserError, told_in_one_line
from brainseg.core.params import read_params
from brainseg.data.raw.patients import check_patients

RAW = Path("data/raw")


def main() -> None:
    fetch = chosen("sources", read_params())
    aside = RAW.with_name(".raw.aside")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        fetch(aside)
        try:
            check_patients(aside)
        except UserError as error:  # name the files as PATIENT/FILE: the folder is gone in a moment
            raise UserError(str(error).replace(f"{aside}/", "")) from None
        shutil.rmtree(RAW, ignore_errors=True)
        aside.rename(RAW)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


if __name__ == "__main__":
    with told_in_one_line():
        main()
