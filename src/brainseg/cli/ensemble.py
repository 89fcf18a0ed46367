"""`brainseg ensemble`: trained networks brought together."""

from typing import Annotated

import typer

from brainseg.core.errors import report_errors


def ensemble(
    experiments: Annotated[list[str], typer.Argument(help="Names of experiments, or patterns of names: 'cv5-*'.")],
) -> None:
    """Bring trained networks, such as the folds', together for the stage predict, which then averages them."""
    with report_errors():
        from brainseg.cli.collect_ensemble import collect_ensemble  # `--help` should not wait for DVC

        collect_ensemble(experiments)
