import shutil

import pytest
from matplotlib.image import imread
from typer.testing import CliRunner

from brainseg.cli.main import app
from tests.conftest import ROOT


@pytest.fixture
def draw(tmp_path, monkeypatch):
    """Runs `brainseg diagram` in a folder with the project's params.yaml and nothing else."""
    shutil.copy(ROOT / "params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(app, ["diagram", *arguments])


def test_a_diagram_is_written_and_its_path_printed(draw, tmp_path):
    result = draw("unet")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "unet.png\n", "")
    assert imread(tmp_path / "unet.png").shape[1] > 500
    assert draw("unet", "--out", "new/a.png").stdout == "new/a.png\n"
    assert (tmp_path / "new" / "a.png").read_bytes() == (tmp_path / "unet.png").read_bytes()


DIAGRAM_ERRORS = {
    "unknown architecture": (
        ["unett"],
        "NAME is 'unett'; expected one of: refining_unet, resunet, transunet, unet, unetpp",
    ),
    "no picture": (["unet", "--out", "unet.txt"], "--out is unet.txt; expected a name that ends in .png"),
    "out in a file": (["unet", "--out", "params.yaml/a.png"], "params.yaml"),
}


@pytest.mark.parametrize(("arguments", "reported"), DIAGRAM_ERRORS.values(), ids=DIAGRAM_ERRORS)
def test_mistakes_about_diagrams_are_reported_in_one_line(draw, arguments, reported):
    result = draw(*arguments)
    assert result.exit_code == 1, result.output
    [line] = result.stderr.splitlines()
    assert line.startswith("error: ") and reported in line


def test_a_diagram_outside_a_project_is_reported(draw, tmp_path):
    (tmp_path / "params.yaml").unlink()
    result = draw("unet")
    assert result.exit_code == 1
    assert result.stderr == "error: params.yaml: no such file; run this in the folder that holds it\n"
