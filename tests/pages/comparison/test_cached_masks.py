import json
from dataclasses import replace

import numpy as np
import pytest

from brainseg.data import predictions
from brainseg.data.predictions import Prediction
from brainseg.data.raw.patients import write_patient
from brainseg.pages.comparison.cached_masks import cached_volumes
from tests.compare.small_comparison import PATIENTS, SCORES, compared
from tests.compare.small_experiment import experiment
from tests.pages.comparison.small_cache import Cache

WORST = "patient 07"  # the methods differ most on this one
MASK = {"threshold": 0.5, "components": "every", "least_share": 0.2, "least_voxels": 20}


def masks(shift: int) -> np.ndarray:
    mask = np.zeros((4, 16, 12), bool)
    mask[1:3, 4:10, 2 + shift : 8 + shift] = True
    return mask


@pytest.fixture
def cache(tmp_path) -> Cache:
    return Cache(tmp_path / "cache")


@pytest.fixture
def methods(tmp_path, cache):
    """Two methods whose predictions of two patients are in the cache."""
    rng = np.random.default_rng(0)
    for name in (WORST, PATIENTS[0]):
        image = rng.integers(0, 255, (4, 16, 12, 3)).astype(np.uint8)
        write_patient(tmp_path / "raw" / name, image, masks(0))
    raw = cache.put_folder(tmp_path / "raw")
    found = []
    for name, shift in (("dice", 1), ("bce", 3)):
        for patient in (WORST, PATIENTS[0]):
            probability = (masks(shift) * 200).astype(np.uint8)
            predictions.write(patient, Prediction(probability, probability[:, :8, :8]), tmp_path / name)
        scores = SCORES | ({WORST: 0.9} if name == "bce" else {WORST: 0.2})
        lock = {
            "download": {"outs": [{"path": "data/raw", "md5": raw}]},
            "predict": {"outs": [{"path": "data/predictions", "md5": cache.put_folder(tmp_path / name)}]},
            "evaluate": {"outs": [{"path": "metrics/final_mask.json", "md5": cache.put(json.dumps(MASK).encode())}]},
        }
        one = experiment(name, scores, {"loss": name})
        found.append((one, lock))
    comparison = compared([one for one, _ in found])
    for method, (_, lock) in zip(comparison.methods, found, strict=True):
        method.experiments[:] = [replace(run, lock=lock) for run in method.experiments]
    return comparison


def test_the_masks_are_those_of_each_method_the_largest_difference_first(methods, cache):
    first = cached_volumes(methods, cache.folder, 12)[0]
    assert first.name == WORST
    assert list(first.masks) == ["truth", "dice", "bce"]
    for name, shift in (("truth", 0), ("dice", 1), ("bce", 3)):
        assert (first.masks[name] == masks(shift)).all(), name
    assert first.panes == [["truth", "dice"], ["truth", "bce"]]
    assert first.facts == {"DSC, dice": "0.200", "DSC, bce": "0.900"}
    assert first.image.shape == (4, 16, 12, 3)


def test_patients_that_the_cache_lacks_are_left_out(methods, cache):
    assert {volume.name for volume in cached_volumes(methods, cache.folder, 12)} == {WORST, PATIENTS[0]}
    assert [volume.name for volume in cached_volumes(methods, cache.folder, 1)] == [WORST]


def test_without_a_cache_or_with_a_damaged_one_there_is_nothing(methods, cache, tmp_path):
    assert cached_volumes(methods, tmp_path / "none", 12) == []
    for path in (cache.folder / "files" / "md5").rglob("*"):
        if path.is_file() and not path.name.endswith(".dir"):
            path.write_bytes(b"damaged")
    assert cached_volumes(methods, cache.folder, 12) == []


def test_masks_that_others_made_are_not_in_the_cache(methods, cache):
    for method in methods.methods[1:]:
        method.experiments[:] = [replace(run, judged={"name": "x"}) for run in method.experiments]
    assert cached_volumes(methods, cache.folder, 12) == []
