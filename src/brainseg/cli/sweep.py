"""`brainseg sweep`: many experiments from one file."""

from pathlib import Path
from typing import Annotated

import typer

from brainseg.core.errors import report_errors


def sweep(
    file: Annotated[Path, typer.Argument(help="Rows, a grid or random draws over a base: experiments/report.yaml ...")],
    name: Annotated[
        str | None, typer.Option(help="What its experiments' names begin with; by default the file's name.")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(help="Run these rows alone, by name or pattern ('adam-*'); may be repeated.")
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="key=value for all rows, over the file's; may be repeated.")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Rows at a time; by default one, or one a GPU. The cores are divided.")
    ] = None,
    retry: Annotated[bool, typer.Option("--retry", help="Run also what failed before.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check all rows and list them; run nothing.")] = False,
    out: Annotated[Path, typer.Option(help="The folder that the comparison is written to.")] = Path("comparison"),
) -> None:
    """Run many experiments, checked first, and compare them. Stopped at any moment, it goes on when run again.

    Rows are DVC experiments that hang from this commit, run in folders of their own: the workspace is not
    touched. Finished ones are kept.
    """
    with report_errors():
        from brainseg.sweep.run import run  # `--help` should not wait for torch

        run(file, name, only or [], set_ or [], jobs, retry, dry_run, out)
