"""Pictures of an experiment whose files lie in a cache; cells are compared with the arrays."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from brainseg.data import predictions
from brainseg.data.predictions import Prediction
from brainseg.data.raw.patients import write_patient
from brainseg.figures.style import PREDICTION, TRUTH
from brainseg.terminal import held_out_pictures as module
from brainseg.terminal.held_out_pictures import held_out_pictures, worst_median_best
from brainseg.terminal.slice_picture import BOTH
from tests.compare.small_experiment import experiment
from tests.pages.comparison.small_cache import Cache
from tests.terminal.colours import pixels_of, terminal

SCORES = {"ann": 0.9, "bob": 0.2, "cyd": 0.7}
GREY = {"ann": 60, "bob": 120, "cyd": 180}  # FLAIR; the brightest voxels have 240
TRUE, PREDICTED = (slice(1, 3), slice(8, 16), slice(6, 14)), (slice(1, 3), slice(8, 16), slice(10, 18))
EVERY = {"threshold": 0.5, "components": "every", "least_share": 0.2, "least_voxels": 1}


def mask(place: tuple[slice, ...]) -> np.ndarray:
    array = np.zeros((4, 24, 24), bool)
    array[place] = True
    return array


@pytest.fixture
def found(tmp_path, monkeypatch):
    """The experiment; each patient's slices are of one grey, the truth overlaps the prediction."""
    cache = Cache(tmp_path / "cache")
    truth, probability = mask(TRUE), mask(PREDICTED).astype(np.uint8) * 200
    truth[2, 8] = False  # slice 1 has most of it
    for name, grey in GREY.items():
        image = np.full((*truth.shape, 3), 240, np.uint8)
        image[:3, ..., 1] = grey
        write_patient(tmp_path / "raw" / name, image, truth)
        predictions.write(name, Prediction(probability, probability), tmp_path / "predictions")
    written = {
        "download": ("data/raw", cache.put_folder(tmp_path / "raw")),
        "predict": ("data/predictions", cache.put_folder(tmp_path / "predictions")),
        "evaluate": ("metrics/final_mask.json", cache.put(json.dumps(EVERY).encode())),
    }
    lock = {stage: {"outs": [{"path": path, "md5": md5}]} for stage, (path, md5) in written.items()}
    monkeypatch.setattr(module, "cache_folder", lambda folder: cache.folder)
    monkeypatch.setattr(module, "how_to_get", lambda folder, revision: "get it somewhere")
    return replace(experiment("mine", SCORES), lock=lock)


def table(scores: dict[str, float]) -> pd.DataFrame:
    return pd.DataFrame({"dsc": scores})


@pytest.mark.parametrize(("width", "widths"), [(140, [40]), (80, [25]), (70, [40, 40, 40]), (30, [30, 30, 30])])
def test_three_slices_with_their_outlines(found, tmp_path, width, widths):
    console = terminal(width)
    rows = pixels_of(held_out_pictures(found, table(SCORES), tmp_path, console), console)
    pictures = [part for row in rows for part in np.split(row, row.shape[1] // widths[0], axis=1)]
    assert [row.shape[1] for row in rows] == [3 * widths[0]] if len(widths) == 1 else widths
    assert len(pictures) == 3
    for picture, name in zip(pictures, ["bob", "cyd", "ann"], strict=True):
        assert {tuple(pixel) for pixel in picture.reshape(-1, 3)} >= {
            (round(GREY[name] / 240 * 255),) * 3,
            *(tuple(bytes.fromhex(colour[1:])) for colour in (TRUTH, PREDICTION, BOTH)),
        }
        scale = picture.shape[1] / 24
        top, left = np.argwhere((picture == list(bytes.fromhex(TRUTH[1:]))).all(axis=2)).min(axis=0)
        assert abs(top - 8 * scale) <= 1 and abs(left - 6 * scale) <= 1
        right = np.argwhere((picture == list(bytes.fromhex(PREDICTION[1:]))).all(axis=2)).max(axis=0)[1]
        assert abs(right - (18 * scale - 1)) <= 1


def test_captions_name_patient_score_and_slice(found, tmp_path):
    console = terminal(140)
    console.print(held_out_pictures(found, table(SCORES), tmp_path, console))
    text = console.export_text()
    names, scores = (line.split() for line in text.splitlines()[1:3])
    assert names == ["worst:", "bob", "median:", "cyd", "best:", "ann"]
    assert scores[:6] == ["DSC", "0.200,", "slice", "2", "of", "4"]
    assert "FLAIR; outlines: ■ truth, ■ prediction, ■ both" in text


def test_where_the_cache_lacks_a_file_one_dim_line_says_so(found, tmp_path):
    del found.lock["predict"]
    console = terminal()
    console.print(held_out_pictures(found, table(SCORES), tmp_path, console))
    reported = "no pictures: DVC's cache lacks images or predictions; get it somewhere\n"
    assert console.export_text() == reported
    assert console.file.getvalue() == f"\x1b[2m{reported.strip()}\x1b[0m\n"


@pytest.mark.parametrize(
    ("scores", "chosen"),
    [
        ({"a": 0.1}, {"a": "worst"}),
        ({"a": 0.9, "b": 0.1}, {"b": "worst", "a": "best"}),
        ({"a": 0.5, "b": 0.1, "c": 0.9}, {"b": "worst", "a": "median", "c": "best"}),
        ({"a": 0.4, "b": 0.1, "c": 0.9, "d": 0.3}, {"b": "worst", "d": "median", "c": "best"}),
    ],
)
def test_the_patients_of_the_examples(scores, chosen):
    assert worst_median_best(table(scores)) == chosen
    assert list(worst_median_best(table(scores))) == list(chosen)
