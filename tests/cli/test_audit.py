"""The command from its arguments to its exit code."""

from typer.testing import CliRunner

from brainseg.cli.main import app
from tests.audit.conftest import patients  # noqa: F401  (a fixture)


def test_findings_are_no_error(patients, tmp_path):  # noqa: F811
    split = tmp_path / "split.csv"
    split.write_text("patient,subset\nMADE_NORTH_0,train\nrenamed,test\n")
    out = tmp_path / "out"
    done = CliRunner().invoke(app, ["audit", str(patients), "--split", str(split), "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert "not known: the owner of the data decides" in done.stdout  # whatever the workspace's own data are
    assert "warning: MADE_NORTH_0 (train) and renamed (test): near-duplicate patients" in done.stdout


def test_faults_are_lines(tmp_path):
    failed = CliRunner().invoke(app, ["audit", str(tmp_path / "none")])
    assert failed.exit_code == 1 and failed.stderr == f"error: {tmp_path}/none: no such folder; expected a folder\n"
