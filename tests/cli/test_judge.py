"""The command from its arguments to a comparison, over processes as a person has them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from brainseg.cli.main import app
from tests.judge.conftest import built, workspace  # noqa: F401  (fixtures)


@pytest.mark.slow
def test_own_predictions_are_judged_and_faults_are_lines(workspace):  # noqa: F811
    done = CliRunner().invoke(app, ["judge", "data/predictions", "--name", "own"])
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[-1] == "Written to judged/own/. Next: brainseg compare workspace judged/own"
    assert json.loads(Path("judged/own/judged.json").read_text())["holds"] == "probabilities"
    for arguments, reported in (
        (["none", "--name", "own"], "error: none: no such folder"),
        (["data/predictions", "--name", "a b"], "error: --name is 'a b'"),
        (["data/predictions", "--name", "own", "--trained-on", "no.csv"], "error: --trained-on is no.csv"),
    ):
        failed = CliRunner().invoke(app, ["judge", *arguments])
        assert failed.exit_code == 1 and failed.stderr.startswith(reported)
