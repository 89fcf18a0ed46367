"""`brainseg predict`: segment new scans with a model file."""

from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from brainseg.core.errors import UserError, report_errors

if TYPE_CHECKING:
    from rich.console import Console

    from brainseg.segment.segmenter import Segmentation


class Format(StrEnum):
    nifti = "nifti"
    mha = "mha"
    nrrd = "nrrd"
    tiff = "tiff"
    png = "png"
    npy = "npy"
    dicom_seg = "dicom-seg"


class Runtime(StrEnum):
    torch = "torch"
    onnx = "onnx"


def predict(
    model: Annotated[Path, typer.Argument(help="A model file, as `brainseg pack` writes it.")],
    scans: Annotated[
        list[str],
        typer.Argument(
            help="NIfTI, MHA, NRRD, .npy, TIFF or a folder: of DICOM, of PNG, JPEG or TIFF slices, of many scans. One"
            " file a sequence: flair=a.nii.gz,pre=b.nii.gz,post=c.nii.gz"
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder to write to.")],
    format: Annotated[Format | None, typer.Option(help="Of the masks; by default that of the scan.")] = None,
    probabilities: Annotated[bool, typer.Option(help="Write the probabilities too.")] = False,
    pictures: Annotated[
        bool, typer.Option(help="Write a picture and a page of each scan; print a small one of a single scan.")
    ] = True,
    spacing_mm: Annotated[
        str | None, typer.Option(help="SLICE,ROW,COLUMN of formats that state no spacing, for volumes in ml: 5,0.9,0.9")
    ] = None,
    runtime: Annotated[Runtime, typer.Option(help="onnx needs a model file with ONNX graphs.")] = Runtime.torch,
) -> None:
    """Segment new scans: masks on their own grid, a picture and a page a scan, and scans.csv with volumes and warnings.

    A scan that fails is named, and the others are segmented; the exit code is then 1. Run again, it goes on with
    the scans that are missing. Research software: not for any decision about a patient.
    """
    with report_errors():
        from rich.console import Console

        from brainseg.segment.run import Options, segment_scans

        options = Options(
            format=format.value if format else None,
            probabilities=probabilities,
            pictures=pictures,
            spacing_mm=_spacing(spacing_mm),
            runtime=runtime.value,
        )
        console = Console(highlight=False)
        failed = segment_scans(model, scans, out, options, partial(_print_scan, console) if pictures else None)
    if failed:
        raise typer.Exit(1)


def _print_scan(console: "Console", found: "Segmentation") -> None:
    from brainseg.terminal.half_blocks import can_show

    if can_show(console):
        from brainseg.terminal.scan_picture import print_scan  # here: ONNX does without matplotlib

        print_scan(found, console)


def _spacing(value: str | None) -> tuple[float, float, float] | None:
    if value is None:
        return None
    try:
        numbers = tuple(float(part) for part in value.split(","))
    except ValueError:
        numbers = ()
    if len(numbers) != 3 or not all(0 < number < 1000 for number in numbers):
        raise UserError(f"--spacing-mm is {value!r}; expected SLICE,ROW,COLUMN in mm, such as 5,0.9,0.9")
    return numbers
