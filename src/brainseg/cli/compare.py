"""`brainseg compare`: what may be concluded from experiments."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from brainseg.core.errors import report_errors

FAILED_IF = 3  # the exit code; errors have 1, mistakes in options 2


class FailIf(StrEnum):
    worse = "worse"
    not_better = "not-better"


def compare(
    experiments: Annotated[
        list[str] | None,
        typer.Argument(
            help="Names of experiments, patterns of names ('dice-*'), git revisions, workspace, or judged/NAME."
        ),
    ] = None,
    baseline: Annotated[
        str | None, typer.Option(help="The method that all others are compared with; by default the first.")
    ] = None,
    metric: Annotated[
        str, typer.Option(help="A column of metrics/per_volume.csv: dsc, iou, nsd, dsc_report ...")
    ] = "dsc",
    margin: Annotated[float, typer.Option(help="Differences up to this count as equivalent.")] = 0.01,
    out: Annotated[Path, typer.Option(help="The folder to write to.")] = Path("comparison"),
    fail_if: Annotated[
        FailIf | None, typer.Option(help="Exit with 3 if any other method is worse, or not better, than the baseline.")
    ] = None,
) -> None:
    """Compare DVC experiments: tables, tests, verdicts and pictures.

    Experiments that differ only in seed or fold are one method. Without names: this commit and all experiments
    that belong to it. The workspace does not change.
    """
    with report_errors():
        from brainseg.compare.run import run  # `--help` should not wait for pandas
        from brainseg.pages.comparison.page import write_page

        comparison = run(experiments or [], baseline, metric, margin, out)
        write_page(comparison, out)
        outcomes = comparison.outcomes
    if (fail_if is FailIf.worse and "worse" in outcomes) or (
        fail_if is FailIf.not_better and set(outcomes) != {"better"}
    ):
        raise typer.Exit(FAILED_IF)
