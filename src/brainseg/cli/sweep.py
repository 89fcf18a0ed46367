"""`brainseg sweep`: many experiments from one file."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from brainseg.core.errors import report_errors


class Cluster(StrEnum):
    RAY = "ray"


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
    on: Annotated[
        Cluster | None, typer.Option(help="Run the rows on a cluster, instead of in processes of this machine.")
    ] = None,
    address: Annotated[
        str | None,
        typer.Option(help="HOST:PORT of the Ray cluster; by default RAY_ADDRESS, or the cluster of this machine."),
    ] = None,
    cpus_per_row: Annotated[
        int | None, typer.Option(min=1, help="CPUs of a row on a cluster; by default the cores of this machine.")
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
        from brainseg.sweep.place import Place
        from brainseg.sweep.run import run  # `--help` should not wait for torch

        place = Place(on.value if on else None, jobs, address, cpus_per_row)
        run(file, name, only or [], set_ or [], place, retry, dry_run, out)
