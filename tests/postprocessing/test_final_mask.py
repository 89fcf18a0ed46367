from typing import get_args

import numpy as np
import pytest
from pydantic import ValidationError

from brainseg.core.errors import UserError
from brainseg.core.files import write_json
from brainseg.core.params import parse_settings
from brainseg.data.predictions import Prediction
from brainseg.evaluation.patient_scores import EvaluateSettings
from brainseg.postprocessing.final_mask import Components, MaskSettings, final_mask, postprocess, read_mask_settings

MASK = {"threshold": 0.5, "components": "largest", "least_share": 0.2, "least_voxels": 20}
USUAL = MASK | {"tolerance_px": 2.0, "tolerance_mm": 2.0, "slice_step_px": 4.0}
LARGEST = MaskSettings(**MASK)
EVERY = MaskSettings(**MASK | {"components": "every"})
PROBABILITY = np.array([[[255, 200, 0, 128, 127]]], np.uint8)


def predicted(probability: np.ndarray) -> Prediction:
    depth = np.full(probability.shape, 5, np.uint8)
    depth[..., 3:4] = 11  # more than the first two together
    return Prediction(probability, np.zeros((1, 2, 2), np.uint8), depth)  # the network's grid has no say


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, [1, 1, 0, 0, 0]),
        ({"components": "every"}, [1, 1, 0, 1, 0]),  # 128 / 255 is above 0.5, 127 / 255 is not
        ({"components": "largest_by_depth"}, [0, 0, 0, 1, 0]),
        ({"components": "share", "least_share": 0.29}, [1, 1, 0, 0, 0]),  # masses are 455 and 128, a share of 0.281
        ({"components": "share", "least_share": 0.28}, [1, 1, 0, 1, 0]),
        ({"components": "share", "threshold": 0.45}, [1, 1, 0, 1, 1]),  # 455 and 255
        ({"components": "size", "least_voxels": 2}, [1, 1, 0, 0, 0]),
        ({"components": "size", "least_voxels": 1}, [1, 1, 0, 1, 0]),
        ({"components": "size", "least_voxels": 3}, [0, 0, 0, 0, 0]),
        ({"threshold": 0.8}, [1, 0, 0, 0, 0]),  # 200 / 255 is 0.78
        ({"threshold": 0.45}, [1, 1, 0, 0, 0]),  # of two equal ones the first
    ],
)
def test_hand_computed(changes, expected):
    mask = final_mask(predicted(PROBABILITY), MaskSettings(**MASK | changes))
    assert mask.dtype == bool and mask.tolist() == [[[bool(value) for value in expected]]]


def test_what_is_above_is_retained_or_cleaned():
    mask = PROBABILITY > 0
    assert postprocess(mask, PROBABILITY, EVERY).tolist() == mask.tolist()
    assert postprocess(mask, PROBABILITY, LARGEST).sum() == 2


def test_without_the_depth_it_cannot_be_used():
    settings = MaskSettings(**MASK | {"components": "largest_by_depth"})
    with pytest.raises(UserError, match="largest_by_depth, and the depth in the head is not known.*run the stage"):
        postprocess(PROBABILITY > 0, PROBABILITY, settings)


@pytest.mark.parametrize("components", get_args(Components))
def test_an_empty_prediction_gives_an_empty_mask(components):
    settings = MaskSettings(**MASK | {"components": components})
    assert not final_mask(predicted(np.zeros((2, 3, 3), np.uint8)), settings).any()


def test_the_settings_that_were_used_are_read_from_their_record(tmp_path):
    write_json(tmp_path / "final_mask.json", EVERY.model_dump())
    assert read_mask_settings(tmp_path / "final_mask.json") == EVERY


def test_a_record_with_auto_is_refused(tmp_path):
    write_json(tmp_path / "final_mask.json", MASK | {"components": "auto"})
    with pytest.raises(
        UserError, match="final_mask.json: components: missing or not valid; delete it, then `dvc repro`"
    ):
        read_mask_settings(tmp_path / "final_mask.json")


def test_the_projects_own_settings_are_valid(params):
    assert parse_settings(EvaluateSettings, params, "evaluate")
    assert parse_settings(MaskSettings, params, "evaluate")


def test_what_makes_the_mask_is_read_alone():
    whatever = {"tolerance_px": "wrong", "new": 1}  # of the block, and none of its business
    alone = MaskSettings(**USUAL | whatever)
    assert alone == LARGEST and alone.model_dump() == MASK
    np.testing.assert_array_equal(
        final_mask(predicted(PROBABILITY), alone), final_mask(predicted(PROBABILITY), LARGEST)
    )


@pytest.mark.parametrize("missing", sorted(USUAL))
def test_a_missing_setting_is_refused(missing):
    rest = {key: value for key, value in USUAL.items() if key != missing}
    with pytest.raises(ValidationError):
        EvaluateSettings(**rest)
    if missing in MASK:
        with pytest.raises(ValidationError):
            MaskSettings(**rest)
    else:
        MaskSettings(**rest)


@pytest.mark.parametrize(
    "wrong",
    [
        {"threshold": 0.0},
        {"threshold": 1.0},
        {"threshold": "0.5"},
        {"threshold": 1},
        {"components": "biggest"},
        {"components": True},
        {"least_share": 0.0},
        {"least_share": 1.5},
        {"least_voxels": 0},
        {"tolerance_px": 0.0},
        {"slice_step_px": -4.0},
        {"slice_step_px": float("nan")},
        {"tolerance_mm": 0.0},
        {"tolerance": 2.0},
    ],
    ids=str,
)
def test_wrong_settings_are_refused(wrong):
    with pytest.raises(ValidationError):
        EvaluateSettings(**USUAL | wrong)
    if set(wrong) <= set(MASK):
        with pytest.raises(ValidationError):
            MaskSettings(**USUAL | wrong)


@pytest.mark.parametrize("key", ["threshold", "components"])
def test_auto_is_for_evaluate_alone(key):
    assert getattr(EvaluateSettings(**USUAL | {key: "auto"}), key) == "auto"
    with pytest.raises(ValidationError):
        MaskSettings(**MASK | {key: "auto"})
