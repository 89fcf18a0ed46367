"""`brainseg audit`: look for faults in a data set."""

from pathlib import Path
from typing import Annotated

import typer

from brainseg.core.errors import report_errors


def audit(
    patients: Annotated[
        Path | None, typer.Argument(help="A folder with a folder for each patient, as data/raw, the default.")
    ] = None,
    split: Annotated[
        Path | None,
        typer.Option(help="A CSV file of patient and subset. Of data/raw: data/split.csv, where it exists."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for audit.html, findings.csv and audit.json.")] = Path("audit"),
) -> None:
    """Look for near-duplicates, empty channels, odd masks and the like, and say under which licence the data are.

    Findings are no error: they point to what a person should look at.
    """
    with report_errors():
        from brainseg.cli.audit_folder import audit as work

        work(patients, split, out)
