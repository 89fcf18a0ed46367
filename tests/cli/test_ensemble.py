import pytest
from typer.testing import CliRunner

from brainseg.cli.main import app

ENSEMBLE_ERRORS = {
    "one network": (["bce"], "bce: one network is no ensemble; name two or more"),
    "one network twice": (["bce", "bc*"], "bce: one network is no ensemble; name two or more"),
    "unknown name": (["main", "bcee"], "'bcee' is no experiment, branch, tag or commit; did you mean bce?"),
    "unknown pattern": (["x*"], "'x*' matches no name of an experiment"),
}


@pytest.mark.parametrize(("arguments", "reported"), ENSEMBLE_ERRORS.values(), ids=ENSEMBLE_ERRORS)
@pytest.mark.usefixtures("run")  # for its folder
def test_mistakes_about_ensembles_are_reported_in_one_line(project, arguments, reported):
    result = CliRunner().invoke(app, ["ensemble", *arguments])
    assert result.exit_code == 1, result.output
    [line] = result.stderr.splitlines()
    assert line.startswith("error: ") and reported in line
    assert not (project.folder / "data" / "ensemble").exists()
