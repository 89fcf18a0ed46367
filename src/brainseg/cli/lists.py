"""`brainseg losses`, `optims`, `schedules`, `archs`: the available components."""

from shutil import get_terminal_size


def losses() -> None:
    """List the losses by group, with their papers. Choose one: `dvc exp run -S loss=NAME`."""
    show("losses")


def optims() -> None:
    """List the optimizers. Choose one: `dvc exp run -S optim=NAME -S optims.NAME.lr=1e-3`."""
    show("optims")


def schedules() -> None:
    """List the learning-rate schedules. Choose one: `dvc exp run -S schedule=NAME`."""
    show("schedules")


def archs() -> None:
    """List the architectures. Choose one: `dvc exp run -S arch=NAME`."""
    show("archs")


def show(kind: str) -> None:
    from brainseg.cli.catalogue import as_text, catalogue  # `--help` should not wait for pydantic
    from brainseg.core.progress import print_line

    print_line(as_text(catalogue(kind), min(get_terminal_size().columns, 120)))
