"""A run of the pipeline, packed into a model file that segments the same patients and that training starts from."""

import json

import numpy as np
import pytest

from brainseg.model.archive import read_model
from tests.pipeline.conftest import Project

pytestmark = pytest.mark.slow


@pytest.fixture
def project(reproduced, tmp_path) -> Project:
    return reproduced.copy_to(tmp_path / "copy")


def test_a_packed_model_predicts_a_patient_to_the_byte_as_the_pipeline_did(project):
    project.run("brainseg", "pack", "workspace", "-o", "m.zip")
    name = sorted(path.stem for path in (project.folder / "data" / "predictions").iterdir())[0]
    out = "--probabilities", "--no-pictures", "-o", "out", "--format", "npy"
    project.run("brainseg", "predict", "m.zip", f"data/raw/{name}", *out)
    with np.load(project.folder / "data" / "predictions" / f"{name}.npz") as stored:
        expected = stored["on_file_grid"]
    found = np.load(project.folder / "out" / f"{name}_probability.npy")
    np.testing.assert_array_equal(np.round(found * 255).astype(np.uint8), expected)
    assert expected.any()

    evaluation = json.loads((project.folder / "metrics" / "evaluation.json").read_text())
    record = read_model(project.folder / "m.zip").record
    assert record.scores.dsc_mean == pytest.approx(evaluation["test"]["dsc"]["mean"], abs=1e-12)
    assert record.training_range


def test_training_starts_from_a_model_file_and_its_patients_are_not_scored(project):
    project.run("brainseg", "pack", "workspace", "-o", "m.zip")
    started = project.run("dvc", "exp", "run", "-n", "on", "-S", "train.start_from=m.zip")
    assert "epoch   1/1" in started
    assert "m.zip" in (project.folder / "dvc.lock").read_text()
    refused = project.run("dvc", "exp", "run", "-n", "other", "-S", "split.seed=5", ok=False)
    assert "trained the network that training started from; score others" in refused
