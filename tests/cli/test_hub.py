from pathlib import Path

import pytest
from typer.testing import CliRunner

import brainseg.model.hub as hub
from brainseg.cli.main import app


@pytest.fixture
def asked(monkeypatch):
    calls = []
    monkeypatch.setattr(
        hub, "push", lambda path, repository, private: calls.append((path, repository, private)) or "address"
    )
    monkeypatch.setattr(hub, "pull", lambda repository, out, revision: calls.append((repository, out, revision)))
    return calls


def test_push_prints_the_address(asked):
    done = CliRunner().invoke(app, ["push", "m.zip", "me/lgg"])
    assert (done.exit_code, done.output, asked) == (0, "address\n", [(Path("m.zip"), "me/lgg", True)])


def test_a_public_repository_is_asked_for(asked):
    done = CliRunner().invoke(app, ["push", "m.zip", "me/lgg", "--public"])
    assert (done.exit_code, asked) == (0, [(Path("m.zip"), "me/lgg", False)])


def test_pull_prints_the_file(asked):
    done = CliRunner().invoke(app, ["pull", "me/lgg", "-o", "m.zip", "--revision", "v1"])
    assert (done.exit_code, done.output, asked) == (0, "m.zip\n", [("me/lgg", Path("m.zip"), "v1")])
