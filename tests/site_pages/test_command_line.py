import re

from typer.testing import CliRunner

from brainseg.cli.main import app
from site_pages.command_line import command_line


def test_every_command_and_option_of_the_help_is_on_the_page():
    page = command_line()
    commands = re.findall(r"^## brainseg ([\w-]+)", page, re.M)
    assert {"losses", "archs", "compare", "sweep", "ensemble", "diagram", "import-reference"} <= {*commands}
    for command in commands:
        text = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200", "NO_COLOR": "1"}).stdout
        section = page.split(f"## brainseg {command} ")[1].split("\n## ")[0]
        options = {*re.findall(r"^\W*(--[a-z][a-z-]+)", text, re.M)} - {"--help"}
        first_column = " ".join(re.findall(r"^\| `([^`]+)`", section, re.M))
        assert options <= {*re.findall(r"--[a-z][a-z-]+", first_column)}
