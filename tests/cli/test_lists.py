import pytest
from typer.testing import CliRunner

from brainseg.cli.catalogue import catalogue
from brainseg.cli.main import app

KINDS = ["losses", "optims", "schedules", "archs"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_command_lists_all(kind, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # outside the project too
    found = CliRunner().invoke(app, [kind])
    assert found.exit_code == 0
    for entry in catalogue(kind):
        assert f"  {entry.name} " in found.output
        assert entry.source.split()[-1] in found.output


@pytest.mark.parametrize(("columns", "widest"), [(80, 80), (100, 100), (400, 120)])
def test_a_list_is_as_wide_as_the_terminal_but_not_too_wide_to_read(columns, widest, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = CliRunner().invoke(app, ["losses"]).output.splitlines()
    assert widest - 20 < max(map(len, lines)) <= widest


def test_losses_stand_below_the_name_of_their_group():
    lines = CliRunner().invoke(app, ["losses"]).output.splitlines()
    groups = [line for line in lines if line and not line.startswith(" ")]
    assert groups == list(dict.fromkeys(entry.group for entry in catalogue("losses")))


@pytest.mark.parametrize("kind", KINDS)
def test_a_list_takes_no_arguments(kind):
    assert CliRunner().invoke(app, [kind, "dice"]).exit_code == 2
