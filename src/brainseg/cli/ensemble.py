"""`brainseg ensemble`: trained networks brought together."""

from typing import Annotated

import typer

from brainseg.core.errors import told_in_one_line


def ensemble(
    experiments: Annotated[list[str], typer.Argument(help="Names of experiments, or patterns of names: 'cv5-*'.")],
) -> None:
    """Bring trained networks, such as the folds', together for the stage predict, which then averages them."""
    with told_in_one_line():
        from brainseg.cli.collect_ensemble import gather  # `--help` should not wait for DVC

        gather(experiments)
