import json
from types import SimpleNamespace

import numpy as np
import pytest

from brainseg.data import predictions
from brainseg.data.predictions import Prediction
from brainseg.data.raw.patients import write_patient
from brainseg.pages.comparison.cached_patient import UNREADABLE, read_final_mask, read_patient
from tests.pages.comparison.small_cache import Cache


@pytest.fixture
def cached(tmp_path, rng):
    """An experiment of one patient, in a cache: (experiment, cache, image, truth, probability)."""
    cache = Cache(tmp_path / "cache")
    image = rng.integers(0, 255, (3, 12, 10, 3)).astype(np.uint8)
    truth = rng.random((3, 12, 10)) > 0.7
    probability = rng.integers(0, 255, (3, 12, 10)).astype(np.uint8)
    write_patient(tmp_path / "raw" / "anna", image, truth)
    predictions.write("anna", Prediction(probability, probability[:, :8, :8]), tmp_path / "predictions")
    mask = {"threshold": 0.4, "components": "every", "least_share": 0.2, "least_voxels": 1}
    written = {
        "download": ("data/raw", cache.put_folder(tmp_path / "raw")),
        "predict": ("data/predictions", cache.put_folder(tmp_path / "predictions")),
        "evaluate": ("metrics/final_mask.json", cache.put(json.dumps(mask).encode())),
    }
    lock = {stage: {"outs": [{"path": path, "md5": md5}]} for stage, (path, md5) in written.items()}
    return SimpleNamespace(lock=lock), cache, image, truth, probability


def test_images_truth_and_mask_are_those_of_the_experiment(cached):
    experiment, cache, image, truth, probability = cached
    patient = read_patient("anna", experiment, cache.folder)
    assert (patient.image == image).all() and (patient.truth == truth).all()
    assert patient.channels == ("pre_contrast", "flair", "post_contrast") and patient.aspect == 1
    assert (read_final_mask("anna", experiment, cache.folder) == (probability > 0.4 * 255)).all()


@pytest.mark.parametrize("stage", ["download", "predict", "evaluate", "listing", "patient"])
def test_what_is_not_there_can_be_caught(cached, stage):
    experiment, cache, *_ = cached
    name = "anna"
    if stage == "listing":
        for path in (cache.folder / "files" / "md5").rglob("*.dir"):
            path.unlink()
    elif stage == "patient":
        name = "bert"
    else:
        del experiment.lock[stage]
    with pytest.raises(UNREADABLE):
        read_patient(name, experiment, cache.folder)
        read_final_mask(name, experiment, cache.folder)
