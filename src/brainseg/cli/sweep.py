"""`brainseg sweep`: many experiments from one file."""

from pathlib import Path
from typing import Annotated

import typer

from brainseg.core.errors import report_errors


def sweep(
    file: Annotated[
        Path,
        typer.Argument(help="The sweep: a base with rows, a grid or random draws, such as experiments/report.yaml."),
    ],
    name: Annotated[
        str | None, typer.Option(help="The first part of the experiments' names; by default the file's name.")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(help="Run only these rows, by name or pattern ('adam-*'); may be repeated.")
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="key=value for all rows, in place of the file's; may be repeated.")
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, help="Rows at a time; by default one, or one per GPU. The cores are divided among them."),
    ] = None,
    retry: Annotated[bool, typer.Option("--retry", help="Run failed rows again.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check all rows and list them; run nothing.")] = False,
    out: Annotated[Path, typer.Option(help="The folder to write the comparison to.")] = Path("comparison"),
) -> None:
    """Check many experiments, run them, and compare them. After an interruption the same command continues.

    Rows are DVC experiments that belong to this commit. They run in folders of their own: the workspace does not
    change. A finished row is not run again.
    """
    with report_errors():
        from brainseg.sweep.run import run  # `--help` should not wait for torch

        run(file, name, only or [], set_ or [], jobs, retry, dry_run, out)
