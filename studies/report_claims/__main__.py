"""Test the report's claims on the experiments of two sweeps: python -m studies.report_claims --help"""

from pathlib import Path
from typing import Annotated

import typer

from brainseg.core.errors import report_errors


def main(
    report: Annotated[
        str,
        typer.Option(
            help="Pattern of the experiments of experiments/report.yaml, with both kinds of weights; '' tests only the "
            "claims about equal terms."
        ),
    ] = "report-*",
    fair: Annotated[
        str, typer.Option(help="Pattern of the experiments of experiments/fair.yaml or fair_folds.yaml.")
    ] = "fair-*",
    out: Annotated[Path, typer.Option(help="The page to write.")] = Path("docs/results/claims.md"),
) -> None:
    """Test the report's claims on the experiments of two sweeps: holds, fails, or inconclusive."""
    with report_errors():
        from studies.report_claims.command import run  # `--help` should not wait for pandas

        run(report, fair, out)


if __name__ == "__main__":
    typer.run(main)
