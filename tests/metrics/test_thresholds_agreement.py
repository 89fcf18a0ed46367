import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from brainseg.data.predictions import above_threshold
from brainseg.metrics.overlap import dsc
from brainseg.metrics.thresholds import AGREEMENT_THRESHOLDS, threshold_agreement
from brainseg.postprocessing.largest_component import largest_component

steady = settings(max_examples=40, derandomize=True, database=None)


def as_it_is(mask: np.ndarray) -> np.ndarray:
    return mask


def one_row(*probabilities: int) -> np.ndarray:
    return np.array([[probabilities]], np.uint8)


def test_hand_computed():
    probability = one_row(0, 51, 153, 204, 255)  # 0, 0.2, 0.6, 0.8, 1: 4, 3, 2 and 1 above the thresholds
    agreement = threshold_agreement(probability, above_threshold(probability, 0.5), as_it_is)  # 3 above 0.5
    assert agreement == pytest.approx(np.mean([6 / 7, 6 / 6, 4 / 5, 2 / 4]))


def test_other_masks_are_cleaned_like_the_one_that_counts():
    probability = one_row(200, 200, 200, 0, 255, 255)  # the larger one is lost above 0.9
    mask = largest_component(above_threshold(probability, 0.5))
    assert threshold_agreement(probability, mask, largest_component) == pytest.approx(3 / 4)  # 1, 1, 1, 0
    every = above_threshold(probability, 0.5)
    assert threshold_agreement(probability, every, as_it_is) == pytest.approx((3 + 4 / 7) / 4)


@pytest.mark.parametrize("value", [0, 255])
def test_nothing_and_all_are_certain(value):
    probability = np.full((2, 3, 3), value, np.uint8)
    assert threshold_agreement(probability, probability > 127, largest_component) == 1


def test_faint_is_less_certain_than_clear(rng):
    lesion = np.pad(np.ones((2, 8, 8), bool), [(1, 1), (8, 8), (8, 8)])
    noise = rng.integers(0, 60, lesion.shape)
    clear, faint = ((lesion * peak + noise).astype(np.uint8) for peak in (195, 110))
    found = [threshold_agreement(one, largest_component(one > 127), largest_component) for one in (clear, faint)]
    assert found[1] < found[0] - 0.2


@steady
@given(arrays(np.uint8, (2, 3, 4)), st.sampled_from([0.2, 0.5, 0.8]), st.sampled_from([as_it_is, largest_component]))
def test_mean_of_the_dsc_of_each_threshold_in_0_to_1(probability, threshold, cleaned):
    mask = cleaned(above_threshold(probability, threshold))
    found = threshold_agreement(probability, mask, cleaned)
    assert 0 <= found <= 1
    assert found == pytest.approx(
        sum(dsc(cleaned(probability / 255 > other), mask) for other in AGREEMENT_THRESHOLDS) / 4
    )
