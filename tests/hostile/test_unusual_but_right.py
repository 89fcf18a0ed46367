"""Patients of unusual shapes, depths and names go through the whole pipeline."""

import csv
import json
import math
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch

from brainseg.archs.shared.input import THREE_CHANNELS_2D
from brainseg.data import predictions
from brainseg.data.predictions import above_threshold
from brainseg.data.raw.patients import check_patients, patient_names, read_images, read_mask, slice_files, write_patient
from brainseg.data.weights import TrainedNetwork
from brainseg.inference import PredictSettings, predict
from brainseg.metrics.overlap import dsc
from brainseg.preprocessing import PreprocessSettings, preprocess
from brainseg.sources.phantom import phantom_patient
from brainseg.sources.shared.copying import copy_patients


def rewritten(folder: Path, image: Callable = np.asarray, mask: Callable = np.asarray, **how: object) -> None:
    """All slices of a patient with their pixels changed."""
    for files, change in zip(slice_files(folder), (image, mask), strict=True):
        for path in files.values():
            tifffile.imwrite(path, change(tifffile.imread(path)), **how)


def renamed(folder: Path, rename: Callable[[str], str]) -> None:
    for path in list(folder.iterdir()):
        path.rename(path.with_name(rename(path.name)))


def as_16_bit(pixels: np.ndarray) -> np.ndarray:
    return pixels.astype(np.uint16) * 257


def as_12_bit(pixels: np.ndarray) -> np.ndarray:
    return pixels.astype(np.uint16) * 16


FIRST = 100  # other heads than those of the project's own patients, which would be copies
UNUSUAL: dict[str, tuple[dict, Callable[[Path], None]]] = {
    "masks_of_0_and_1": ({}, lambda folder: rewritten(folder, mask=lambda mask: mask // 255)),
    "no_lesion": ({"lesion": False}, lambda folder: None),
    "sixteen_bit": ({"height": 40}, lambda folder: rewritten(folder, image=as_16_bit)),
    "twelve_bit_big_endian": ({"width": 50}, lambda folder: rewritten(folder, image=as_12_bit, byteorder=">")),
    "compressed": ({"slices": 4}, lambda folder: rewritten(folder, compression="zlib")),
    "wide": ({"height": 24, "width": 70, "slices": 9}, lambda folder: None),
    "tall": ({"height": 90, "width": 33}, lambda folder: None),
    "capitals": ({"height": 31}, lambda folder: renamed(folder, str.upper)),
    "long_suffix": ({"width": 31}, lambda folder: renamed(folder, lambda name: name.replace(".tif", ".TIFF"))),
    "leading_zeros": (
        {"slices": 11},
        lambda folder: renamed(folder, lambda name: re.sub(r"_(\d)(?=[_.])", r"_0\1", name)),
    ),
    "two_slices": ({"slices": 2}, lambda folder: None),
    "with space, and comma": ({}, lambda folder: None),
    "Größe": ({}, lambda folder: None),
}


@pytest.fixture
def unusual(project, make_patient):
    """The project with a patient of each kind too, every other one a folder deeper."""
    for index, (name, (shape, change)) in enumerate(UNUSUAL.items()):
        folder = project.patients / ("site" if index % 2 else "") / name
        write_patient(folder, *make_patient(FIRST + index, **shape))
        change(folder)
    return project


ALWAYS_DEFINED = ["dsc", "iou", "nsd", "dsc_slicewise", "dsc_largest_component", "dsc_every_component", "dsc_report"]
ALWAYS_DEFINED += ["ceiling_dsc", "certainty", "near_threshold_share"]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
def test_they_all_go_through_the_whole_pipeline_at_once(unusual):
    unusual.run_all(
        "check", "download", "split", "preprocess", "train", "predict", "evaluate", "plot", "robustness", "page"
    )
    unusual.run_all("audit")
    names = patient_names(unusual.raw)
    assert names == sorted([*"ABCDE", *UNUSUAL])
    for name in names:
        prediction = predictions.read(name, unusual.folder / "data/predictions")
        assert prediction.on_file_grid.shape == read_mask(unusual.raw / name).shape, name

    scored = {row["patient"]: row for row in rows(unusual.folder / "metrics/per_volume.csv")}
    assert sorted(scored) == names
    for row in scored.values():
        assert all(0 <= float(row[score]) <= 1 for score in ALWAYS_DEFINED)
    no_lesion = scored["no_lesion"]
    assert int(no_lesion["lesion_voxels"]) == 0
    assert no_lesion["size"] == no_lesion["edge"] == no_lesion["raggedness"] == no_lesion["sensitivity"] == ""
    assert int(scored["masks_of_0_and_1"]["lesion_voxels"]) == 4 * 6 * 6
    summary = json.loads((unusual.folder / "metrics/evaluation.json").read_text())
    assert math.isfinite(summary["test"]["dsc"]["mean"])
    assert {path.stem for path in unusual.folder.glob("plots/*.png")} >= {"examples", "augmentation", "dsc_per_volume"}


@pytest.mark.parametrize("name", UNUSUAL)
def test_each_is_read_as_what_it_shows(unusual, make_patient, name):
    index = list(UNUSUAL).index(name)
    image, mask = make_patient(FIRST + index, **UNUSUAL[name][0])
    (folder,) = (path for path in unusual.patients.rglob("*") if path.name == name and path.is_dir())
    scale = {"sixteen_bit": 257, "twelve_bit_big_endian": 16}.get(name, 1)
    np.testing.assert_array_equal(read_images(folder), image.astype(np.uint16) * scale)
    np.testing.assert_array_equal(read_mask(folder), mask)


SETTINGS = PreprocessSettings(side_px=48, background=0.1, low_percentile=10.0, high_percentile=99.0)


@pytest.mark.parametrize("factor", [257, 16, 1], ids=["16 bit", "12 bit", "8 bit in 16"])
def test_16_bit_intensities_give_the_z_scores_of_8_bit_ones(rng, factor):
    image, mask = phantom_patient(rng, slices=8, side_px=60, noise=0.04)
    narrow, wide = (preprocess(pixels, mask, SETTINGS) for pixels in (image, image.astype(np.uint16) * factor))
    assert np.abs(narrow.z_score() - wide.z_score()).max() < 1e-3
    assert wide.geometry == narrow.geometry and (wide.retained == narrow.retained).all()


def test_16_bit_intensities_are_not_cut_to_8_bit(rng):
    image, mask = phantom_patient(rng, slices=8, side_px=60, noise=0.04)
    image = image.clip(1, 254)
    fine = image.astype(np.uint16) * 257 + rng.integers(0, 257, image.shape).astype(np.uint16)
    settings = SETTINGS.model_copy(update={"background": 0.0})  # which would blank a voxel in the one and not the other
    difference = preprocess(fine, mask, settings).z_score() - preprocess(image, mask, settings).z_score()
    assert 2e-3 < np.abs(difference).max() < 0.1


def test_the_part_of_16_bit_that_a_scanner_uses_does_not_matter(rng):
    image, mask = phantom_patient(rng, slices=8, side_px=60, noise=0.04)
    few = image.astype(np.uint16) // 12  # 21 values
    z_scores = [preprocess(few * np.uint16(factor), mask, SETTINGS).z_score() for factor in (1, 3000)]
    assert np.abs(z_scores[0] - z_scores[1]).max() < 1e-3


@pytest.mark.filterwarnings("error")
def test_a_16_bit_image_without_signal_is_no_division_by_0():
    image, mask = np.zeros((4, 20, 20, 3), np.uint16), np.zeros((4, 20, 20), bool)
    assert np.isfinite(preprocess(image, mask, SETTINGS).z_score()).all()


def test_masks_of_0_and_1_are_those_of_0_and_255(tmp_path, make_patient):
    for name in "AB":
        write_patient(tmp_path / name, *make_patient(0))
    rewritten(tmp_path / "B", mask=lambda mask: mask // 255)
    assert tifffile.imread(tmp_path / "B" / "B_3_mask.tif").max() == 1
    np.testing.assert_array_equal(read_mask(tmp_path / "B"), read_mask(tmp_path / "A"), strict=True)


class Bright(torch.nn.Module):
    """Finds what is in the upper third of the intensities."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        flair = images[:, 1:2]
        return 50 * (flair - flair.min() - 0.7 * (flair.max() - flair.min()))


@pytest.mark.parametrize(("height", "width"), [(256, 256), (100, 180), (180, 100), (61, 233), (320, 60)])
@pytest.mark.parametrize("factor", [None, 16], ids=["8 bit", "12 bit"])
def test_a_prediction_comes_back_to_the_place_in_the_file(height, width, factor):
    mask = np.zeros((6, height, width), bool)
    mask[2:5, height // 4 : height // 2, width // 3 : 2 * width // 3] = True
    image = np.full((6, height, width, 3), 80, np.uint8)
    image[mask], image[:, :5], image[:, :, -9:] = 200, 0, 0
    patient = preprocess(image.astype(np.uint16) * factor if factor else image, mask, SETTINGS)
    settings = PredictSettings(
        networks="data/weights", weights="last", flips=False, precision="fp32", heads="last", prune_to=0
    )
    trained = TrainedNetwork(Bright(), THREE_CHANNELS_2D)
    found = above_threshold(predict([trained], patient, torch.device("cpu"), settings).on_file_grid, 0.5)
    assert dsc(found, mask) > 0.85


@pytest.mark.parametrize("above_it", ["", "one", "one/two/three"])
def test_patients_are_found_however_deep(tmp_path, make_patient, above_it):
    write_patient(tmp_path / "source" / above_it / "P", *make_patient(0))
    copy_patients(tmp_path / "source", tmp_path / "raw")
    assert patient_names(tmp_path / "raw") == ["P"]
    check_patients(tmp_path / "raw")


def test_a_patient_beside_and_one_inside_a_patients_folder_are_both_found(tmp_path, make_patient):
    write_patient(tmp_path / "source", *make_patient(0))
    write_patient(tmp_path / "source" / "second_visit", *make_patient(1))
    copy_patients(tmp_path / "source", tmp_path / "raw")
    assert patient_names(tmp_path / "raw") == ["second_visit", "source"]
    check_patients(tmp_path / "raw")
