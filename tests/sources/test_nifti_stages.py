"""Volumes of two channels, with pixels that are not square, through all stages of the pipeline."""

import importlib
import json

import numpy as np
import pandas as pd
import pytest
import torch

from brainseg.data import predictions, preprocessed
from brainseg.data.raw import patients, volume
from tests.hostile.conftest import fill_project
from tests.sources.small_volumes import write_brats

STAGES = ("check", "download", "split", "preprocess", "train", "predict", "evaluate", "plot", "robustness")
IN_PARALLEL = ("stages.preprocess", "stages.evaluate", "brainseg.sources.nifti")
SHAPE, SPACING = (6, 40, 20), (2.0, 1.0, 5.0)  # slices, rows, columns; spacing of columns, rows, slices


def head(number: int) -> tuple[np.ndarray, np.ndarray]:
    """A grey head with a bright lesion in its second channel: image (S, H, W, 2) int16 and labels."""
    rng = np.random.default_rng(number)
    image = rng.integers(600, 1200, (*SHAPE, 2)).astype(np.int16)
    image[:, :3], image[:, :, :2] = 0, 0
    labels = np.zeros(SHAPE, np.uint8)
    labels[2:5, 10 + number : 20 + number, 6:12] = 4
    image[labels > 0, 1] = 3000
    return image, labels


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A project of which all stages have run, in this process."""
    project = fill_project(tmp_path_factory.mktemp("volumes") / "project")
    of = {f"P{number}": head(number) for number in range(6)}
    write_brats(project.folder / "volumes", of, ("flair", "t2"), spacing=SPACING)
    nifti = {"data": "nifti", "datasets__nifti__path": "volumes", "datasets__folder__path": "data/own"}
    project.set(**nifti, split__validation=0.2, split__test=0.4)
    project.set(input__channels=["t2", "flair"], intensity__channel_dropout=0.5)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project.folder)
        for name in IN_PARALLEL:  # a process of its own takes a second to start
            module = importlib.import_module(name)
            patch.setattr(module, "parallel_map", lambda function, items, label: [function(item) for item in items])
        for stage in STAGES:
            importlib.import_module(f"stages.{stage}").main()
        yield project.folder


def test_the_volumes_are_on_their_own_grid_and_what_the_network_is_given_is_square(folder):
    raw = volume.read(patients.FOLDER / "P0")
    assert (raw.image.shape, raw.spacing_mm, raw.channels) == ((*SHAPE, 2), (5.0, 1.0, 2.0), ("flair", "t2"))
    patient = preprocessed.read("P0")
    assert patient.image.shape == (6, 32, 32, 2) and patient.channels == ("flair", "t2")
    assert (patient.geometry.aspect, patient.geometry.square_px) == (0.5, 37)
    assert predictions.read("P0").on_file_grid.shape == SHAPE


def test_the_weights_name_the_channels_of_the_data_and_of_the_input(folder):
    content = torch.load("data/weights/last.pt", weights_only=True)
    assert (content["channels"], content["input"]["channels"]) == (["flair", "t2"], ["t2", "flair"])


def test_scores_are_in_mm_and_ml(folder):
    table = pd.read_csv("metrics/per_volume.csv")
    assert {"hd95_mm", "assd_mm", "nsd", "nsd_3d", "lesion_ml", "predicted_ml"} <= set(table)
    assert not {"hd95_px", "assd_px"} & set(table)
    assert (table.lesion_ml == table.lesion_voxels * 10 / 1000).all()  # 5 x 1 x 2 mm
    summary = json.loads((folder / "metrics" / "evaluation.json").read_text())
    assert "hd95_mm" in summary["test"] and "hd95_px" not in summary["test"]


def test_pictures_and_perturbations_are_there(folder):
    for name in ("examples", "augmentation", "dsc_by_trait", "robustness"):
        assert (folder / "plots" / f"{name}.png").stat().st_size > 1000
    assert json.loads((folder / "metrics" / "robustness.json").read_text())["patients"] == 2
