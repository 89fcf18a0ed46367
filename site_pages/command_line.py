"""Every command of `brainseg`: its arguments, options and help, as `--help` has them."""

import typer

from brainseg.cli.main import app
from site_pages.markdown import plain, table


def command_line() -> str:
    """A section for each command, in the order of `brainseg --help`."""
    group = typer.main.get_command(app)
    context = typer.Context(group, info_name="brainseg")
    return "\n\n".join(_section(name, group.commands[name], context) for name in group.list_commands(context))


def _section(name: str, command: typer.core.TyperCommand, parent: typer.Context) -> str:
    context = typer.Context(command, info_name=name, parent=parent)
    usage = command.get_usage(context).removeprefix("Usage: ")
    parts = [f"## brainseg {name} {{ #{name} }}", plain(command.help or ""), f"```\n{usage}\n```"]
    for kind in ("argument", "option"):
        records = [p.get_help_record(context) for p in command.params if p.param_type_name == kind]
        if rows := [(f"`{record[0]}`", plain(record[1])) for record in records if record]:
            parts.append(table((kind, "what it is"), rows))
    return "\n\n".join(parts)
