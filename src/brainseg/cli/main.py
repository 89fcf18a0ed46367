"""The command `brainseg`: one file here per subcommand, which loads its modules only when it runs."""

import typer

from brainseg.cli.audit import audit
from brainseg.cli.compare import compare
from brainseg.cli.diagram import diagram
from brainseg.cli.ensemble import ensemble
from brainseg.cli.hub import pull, push
from brainseg.cli.judge import judge
from brainseg.cli.lists import archs, losses, optims, schedules
from brainseg.cli.pack import export, import_reference, inspect, pack
from brainseg.cli.predict import predict
from brainseg.cli.show import show
from brainseg.cli.sweep import sweep

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def brainseg() -> None:
    """List what there is to choose from, audit data, compare experiments, run sweeps, segment new scans.

    Training is DVC's: `dvc repro`, `dvc exp run -S loss=bce`.
    """


COMMANDS = (losses, optims, schedules, archs, diagram, audit, show, compare, judge, sweep, ensemble)
MODEL_COMMANDS = (pack, inspect, predict, export, import_reference, push, pull)

for command in (*COMMANDS, *MODEL_COMMANDS):
    app.command()(command)
