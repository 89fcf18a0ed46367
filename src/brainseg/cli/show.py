"""`brainseg show`: an experiment's scores, patient by patient."""

from pathlib import Path
from typing import Annotated

import typer

from brainseg.core.errors import report_errors


def show(
    experiment: Annotated[
        str, typer.Argument(help="The name of an experiment, a git revision, or workspace.")
    ] = "workspace",
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write the experiment's page to this file.")] = None,
    pictures: Annotated[
        bool, typer.Option(help="Draw the worst, the median and the best patient, in a terminal with 256 colours.")
    ] = True,
) -> None:
    """Print an experiment's mean DSC with its interval, a row a held-out patient, pictures, and where its page is."""
    with report_errors():
        from rich.console import Console  # `--help` should not wait for pandas

        from brainseg.cli.run_summary import show as work

        work(experiment, out, Console(highlight=False, soft_wrap=False), pictures)
