"""`brainseg judge`: score masks that others made."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from brainseg.core.errors import report_errors


class MadeOn(StrEnum):
    file = "file"
    resized = "resized"
    network = "network"


def judge(
    masks: Annotated[
        Path,
        typer.Argument(
            help="A folder with a file for each patient, named after the patient: NIfTI, MHA, NRRD, .npz, .npy, a TIFF"
            " stack; or a folder of PNG or TIFF slices."
        ),
    ],
    name: Annotated[str, typer.Option(help="The scores are written to judged/NAME.")],
    grid: Annotated[
        MadeOn,
        typer.Option(
            help="file: masks have the size of the patient's files. resized: another height and width of the same field"
            " of view. network: the square that preprocessing cuts out."
        ),
    ] = MadeOn.file,
    trained_on: Annotated[
        Path | None, typer.Option(help="A CSV file with a column patient: who trained the network.")
    ] = None,
) -> None:
    """Score masks or probabilities that others made, on the patients and with the code of stage evaluate.

    Then `brainseg compare workspace judged/NAME` compares them with experiments.
    """
    with report_errors():
        from brainseg.judge.run import judge as work

        work(masks, name, grid.value, trained_on)
