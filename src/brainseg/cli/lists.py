"""`brainseg losses`, `optims`, `schedules`, `archs`: what there is to choose from."""

from shutil import get_terminal_size

import typer


def losses() -> None:
    """The losses there are, by group, with the paper of each: `dvc exp run -S loss=NAME`."""
    show("losses")


def optims() -> None:
    """The optimizers there are: `dvc exp run -S optim=NAME -S optims.NAME.lr=1e-3`."""
    show("optims")


def schedules() -> None:
    """The learning-rate schedules there are: `dvc exp run -S schedule=NAME`."""
    show("schedules")


def archs() -> None:
    """The architectures there are: `dvc exp run -S arch=NAME`."""
    show("archs")


def show(kind: str) -> None:
    from brainseg.cli.catalogue import as_text, catalogue  # `--help` should not wait for pydantic

    typer.echo(as_text(catalogue(kind), min(get_terminal_size().columns, 120)))
