"""The command `brainseg`: one file here per subcommand, which loads its modules only when it runs."""

import typer

from brainseg.cli.compare import compare
from brainseg.cli.diagram import diagram
from brainseg.cli.ensemble import ensemble
from brainseg.cli.lists import archs, losses, optims, schedules
from brainseg.cli.sweep import sweep

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def brainseg() -> None:
    """List what there is to choose from, compare experiments, run sweeps.

    Training is DVC's: `dvc repro`, `dvc exp run -S loss=bce`.
    """


for command in (losses, optims, schedules, archs, diagram, compare, sweep, ensemble):
    app.command()(command)
