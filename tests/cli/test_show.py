import pytest
from typer.testing import CliRunner

from brainseg.cli.main import app


@pytest.fixture
def run(project, monkeypatch):
    monkeypatch.chdir(project.folder)
    return lambda *arguments: CliRunner().invoke(app, ["show", *arguments])


def test_an_experiment_is_shown(run):
    result = run("bce")
    assert result.exit_code == 0, result.output
    assert "mean DSC 0.6495" in result.stdout and "p0" in result.stdout
    assert "pictures" not in result.stdout  # a pipe
    assert run("bce", "--no-pictures").stdout == result.stdout


def test_an_unknown_one_is_one_line(run):
    result = run("bcee")
    assert result.exit_code == 1 and result.stdout == ""
    assert "did you mean bce?" in result.stderr


def test_without_a_page_nothing_is_written(run, tmp_path):
    assert run("bce", "--out", str(tmp_path / "a.html")).exit_code == 1
    assert list(tmp_path.iterdir()) == []
