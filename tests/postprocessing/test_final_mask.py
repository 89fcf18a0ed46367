import numpy as np
import pytest
from pydantic import ValidationError

from brainseg.core.params import parse_settings
from brainseg.data.predictions import Prediction
from brainseg.evaluation.patient_scores import EvaluateSettings
from brainseg.postprocessing.final_mask import MaskSettings, final_mask, postprocess

USUAL = {"threshold": 0.5, "largest_component": True, "tolerance_px": 2.0, "slice_step_px": 4.0}
LARGEST = EvaluateSettings(**USUAL)
EVERY = EvaluateSettings(**USUAL | {"largest_component": False})
PROBABILITY = np.array([[[255, 200, 0, 128, 127]]], np.uint8)


def predicted(probability: np.ndarray) -> Prediction:
    return Prediction(probability, np.zeros((1, 2, 2), np.uint8))  # the network's grid has no say


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, [1, 1, 0, 0, 0]),
        ({"largest_component": False}, [1, 1, 0, 1, 0]),  # 128 / 255 is above 0.5, 127 / 255 is not
        ({"threshold": 0.8}, [1, 0, 0, 0, 0]),  # 200 / 255 is 0.78
        ({"threshold": 0.45}, [1, 1, 0, 0, 0]),  # of two equal ones the first
    ],
)
def test_hand_computed(changes, expected):
    mask = final_mask(predicted(PROBABILITY), EvaluateSettings(**USUAL | changes))
    assert mask.dtype == bool and mask.tolist() == [[[bool(value) for value in expected]]]


def test_what_is_above_is_kept_or_cleaned():
    mask = PROBABILITY > 0
    assert postprocess(mask, EVERY).tolist() == mask.tolist()
    assert postprocess(mask, LARGEST).sum() == 2
    assert not final_mask(predicted(np.zeros((2, 3, 3), np.uint8)), LARGEST).any()


def test_the_projects_own_settings_are_valid(params):
    assert parse_settings(EvaluateSettings, params, "evaluate")
    assert parse_settings(MaskSettings, params, "evaluate")


def test_what_makes_the_mask_is_read_alone():
    whatever = {"tolerance_px": "wrong", "new": 1}  # of the block, and none of its business
    alone = MaskSettings(**USUAL | whatever)
    assert alone == MaskSettings(threshold=0.5, largest_component=True) and set(alone.model_dump()) == MASK
    np.testing.assert_array_equal(
        final_mask(predicted(PROBABILITY), alone), final_mask(predicted(PROBABILITY), LARGEST)
    )


MASK = {"threshold", "largest_component"}


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
        {"largest_component": 1},
        {"tolerance_px": 0.0},
        {"slice_step_px": -4.0},
        {"slice_step_px": float("nan")},
        {"tolerance_mm": 2.0},
    ],
    ids=str,
)
def test_wrong_settings_are_refused(wrong):
    with pytest.raises(ValidationError):
        EvaluateSettings(**USUAL | wrong)
    if set(wrong) <= MASK:
        with pytest.raises(ValidationError):
            MaskSettings(**USUAL | wrong)
