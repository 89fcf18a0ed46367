"""`brainseg` and what all of its commands have in common."""

import re
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from brainseg.cli.main import app


def test_an_unknown_command_exits_with_2():
    assert CliRunner().invoke(app, ["train"]).exit_code == 2


@pytest.mark.parametrize("command", ["", "compare", "sweep", "ensemble"])
def test_help_does_not_wait_for_what_it_does_not_need(command):
    heavy = "{'torch', 'pandas', 'numpy', 'scipy', 'matplotlib', 'dvc'}"
    code = (
        "import sys; from brainseg.cli.main import app\n"
        "try: app(sys.argv[1:])\n"
        f"finally: print('loaded:', *{heavy}.intersection(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code, *command.split(), "--help"], capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == ""
    *help_, loaded = done.stdout.strip().splitlines()
    assert loaded.strip() == "loaded:"
    assert (command or "compare") in "\n".join(help_)


def test_help_names_every_option():
    reported = re.sub(r"\x1b\[[0-9;]*m", "", CliRunner().invoke(app, ["compare", "--help"]).output)
    for option in ("--baseline", "--metric", "--margin", "--out", "--fail-if"):
        assert option in reported
    reported = re.sub(r"\x1b\[[0-9;]*m", "", CliRunner().invoke(app, ["sweep", "--help"]).output)
    for option in ("--name", "--only", "--set", "--jobs", "--retry", "--dry-run", "--out"):
        assert option in reported
