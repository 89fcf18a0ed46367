"""`brainseg ensemble`: collect trained networks."""

from typing import Annotated

import typer

from brainseg.core.errors import report_errors


def ensemble(
    experiments: Annotated[list[str], typer.Argument(help="Names of experiments, or patterns of names: 'cv5-*'.")],
) -> None:
    """Copy trained networks, such as those of five folds, to data/ensemble. The stage predict then averages them."""
    with report_errors():
        from brainseg.cli.collect_ensemble import collect_ensemble  # `--help` should not wait for DVC

        collect_ensemble(experiments)
