"""`brainseg predict`, as a person types it."""

import numpy as np
import pytest
from typer.testing import CliRunner

from brainseg.cli.main import app
from brainseg.model.onnx_export import export_onnx
from tests.model import small_model


@pytest.fixture
def run(tmp_path, monkeypatch, rng):
    """Runs in a folder with m.zip, a.npy and b.npy, which is damaged."""
    monkeypatch.chdir(tmp_path)
    small_model.write(tmp_path / "m.zip")
    np.save("a.npy", rng.integers(0, 255, (4, 20, 18, 3)).astype(np.uint8))
    (tmp_path / "b.npy").write_bytes(b"damaged")
    return lambda *arguments: CliRunner().invoke(app, ["predict", "m.zip", *arguments, "--no-pictures"])


def test_a_scan_is_segmented(run, tmp_path):
    done = run("a.npy", "-o", "out")
    assert done.exit_code == 0, done.output
    assert np.load(tmp_path / "out" / "a_mask.npy").shape == (4, 20, 18)


def test_a_bad_scan_exits_with_1_and_the_good_one_is_done(run, tmp_path):
    done = run("a.npy", "b.npy", "-o", "out")
    assert done.exit_code == 1
    assert "error: b.npy: cannot be read as .npy" in done.stderr
    assert (tmp_path / "out" / "a_mask.npy").exists()


def test_format_and_spacing_are_options(run, tmp_path):
    done = run("a.npy", "-o", "out", "--format", "nifti", "--spacing-mm", "5,0.5,0.5", "--probabilities")
    assert done.exit_code == 0, done.output
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "a_mask.nii.gz",
        "a_probability.nii.gz",
        "scans.csv",
    ]
    header, row = (line.split(",") for line in (tmp_path / "out" / "scans.csv").read_text().splitlines())
    values = dict(zip(header, row, strict=True))
    assert float(values["volume_ml"]) == pytest.approx(int(values["lesion_voxels"]) * 1.25 / 1000, abs=5e-4)


@pytest.mark.parametrize("value", ["5", "5,1", "5,1,x", "5,1,-1", "5,1,0", "nan,1,1"])
def test_a_spacing_of_another_form_is_refused(run, value):
    done = run("a.npy", "-o", "out", "--spacing-mm", value)
    assert done.exit_code == 1
    assert done.stderr == f"error: --spacing-mm is {value!r}; expected SLICE,ROW,COLUMN in mm, such as 5,0.9,0.9\n"


def test_onnx_without_a_graph_is_one_line_and_with_it_gives_the_same_mask(run, tmp_path):
    pytest.importorskip("onnxruntime")
    done = run("a.npy", "-o", "out", "--runtime", "onnx")
    assert (done.exit_code, done.stderr) == (1, "error: m.zip: holds no ONNX graph; `brainseg export` adds it\n")
    export_onnx(tmp_path / "m.zip", tmp_path / "m.zip")
    assert run("a.npy", "-o", "onnx", "--runtime", "onnx").exit_code == run("a.npy", "-o", "torch").exit_code == 0
    onnx, torch = (np.load(tmp_path / name / "a_mask.npy") for name in ("onnx", "torch"))
    assert (onnx == torch).mean() > 0.999
