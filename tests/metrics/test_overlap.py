import math

import medpy.metric.binary as medpy
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from monai.metrics import compute_dice, compute_iou

from brainseg.metrics.overlap import dsc, iou, precision, sensitivity

PAIRS = arrays(bool, (2, 2, 3, 4))  # a prediction and a truth
SOFT_PAIRS = st.tuples(arrays(np.float32, (2, 3, 4), elements=st.floats(0, 1, width=32)), arrays(bool, (2, 3, 4)))
steady = settings(max_examples=60, derandomize=True, database=None)


def test_hand_computed_hard():
    prediction, truth = np.array([1, 1, 1, 0, 0, 0], bool), np.array([1, 1, 0, 1, 1, 0], bool)
    assert dsc(prediction, truth) == pytest.approx(4 / 7)  # 2 shared, 3 predicted, 4 true
    assert iou(prediction, truth) == pytest.approx(2 / 5)
    assert sensitivity(prediction, truth) == pytest.approx(2 / 4)
    assert precision(prediction, truth) == pytest.approx(2 / 3)


def test_hand_computed_soft():
    prediction, truth = np.array([0.5, 0.25, 1.0, 0.0]), np.array([1, 1, 0, 0], bool)
    assert dsc(prediction, truth) == pytest.approx(0.4)  # 2 * 0.75 / (1.75 + 2)
    assert iou(prediction, truth) == pytest.approx(0.25)  # 0.75 / (1.75 + 2 - 0.75)


@pytest.mark.parametrize("score", [dsc, iou])
@pytest.mark.parametrize(("predicted", "true", "expected"), [(0, 0, 1.0), (1, 0, 0.0), (0, 1, 0.0), (1, 1, 1.0)])
def test_empty_and_full_masks(score, predicted, true, expected):
    result = score(np.full((2, 3, 3), predicted, bool), np.full((2, 3, 3), true, bool))
    assert result == expected and isinstance(result, float)


def test_a_share_of_nothing_is_undefined():
    empty, full = np.zeros((2, 3, 3), bool), np.ones((2, 3, 3), bool)
    assert math.isnan(sensitivity(full, empty)) and math.isnan(sensitivity(empty, empty))
    assert math.isnan(precision(empty, full)) and math.isnan(precision(empty, empty))
    assert sensitivity(empty, full) == 0 and precision(full, empty) == 0


@pytest.mark.parametrize("score", [dsc, iou, sensitivity, precision])
def test_shapes_that_differ_are_refused_even_if_they_broadcast(score):
    with pytest.raises(ValueError, match="one shape"):
        score(np.ones((1, 3, 3), bool), np.ones((2, 3, 3), bool))


@pytest.mark.parametrize("density", [0.05, 0.3, 0.8])
def test_equals_medpy_and_monai_on_random_masks(density, rng):
    prediction, truth = rng.random((2, 4, 9, 8)) < density
    assert dsc(prediction, truth) == pytest.approx(medpy.dc(prediction, truth))
    assert iou(prediction, truth) == pytest.approx(medpy.jc(prediction, truth))
    assert sensitivity(prediction, truth) == pytest.approx(medpy.recall(prediction, truth))
    assert precision(prediction, truth) == pytest.approx(medpy.precision(prediction, truth))
    pair = [torch.from_numpy(mask)[None, None].float() for mask in (prediction, truth)]
    assert dsc(prediction, truth) == pytest.approx(compute_dice(*pair).item(), abs=1e-6)
    assert iou(prediction, truth) == pytest.approx(compute_iou(*pair).item(), abs=1e-6)


@steady
@given(PAIRS)
def test_two_masks_score_the_same_as_bool_and_as_numbers(pair):
    prediction, truth = pair
    for score in (dsc, iou, sensitivity, precision):
        quick = score(prediction, truth)
        assert isinstance(quick, float)
        for numbers in ((prediction.astype(np.uint8), truth), (prediction.astype(np.uint8), truth.astype(np.uint8))):
            assert quick == pytest.approx(score(*numbers), abs=0, rel=0, nan_ok=True)


@steady
@given(PAIRS)
def test_hard_scores_are_symmetric(pair):
    assert dsc(*pair) == dsc(*pair[::-1])
    assert iou(*pair) == iou(*pair[::-1])


@steady
@given(st.one_of(PAIRS, SOFT_PAIRS))
def test_scores_lie_in_0_to_1_and_iou_follows_from_dsc(pair):
    assert 0 <= iou(*pair) <= dsc(*pair) <= 1
    assert iou(*pair) == pytest.approx(dsc(*pair) / (2 - dsc(*pair)), abs=1e-9)


@steady
@given(st.one_of(PAIRS, SOFT_PAIRS), st.sampled_from([0, 1, 2]))
def test_padding_and_flips_change_nothing(pair, axis):
    padded = [np.pad(mask, 2) for mask in pair]
    flipped = [np.flip(mask, axis) for mask in pair]
    for score in (dsc, iou):
        assert score(*padded) == pytest.approx(score(*pair), abs=1e-12)
        assert score(*flipped) == pytest.approx(score(*pair), abs=1e-12)
