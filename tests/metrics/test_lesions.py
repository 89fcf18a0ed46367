import math

import medpy.metric.binary as medpy
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skimage.measure import label

from brainseg.metrics.lesions import LesionCounts, count_lesions, lesion_sensitivity

PAIRS = arrays(bool, (2, 3, 5, 6), elements=st.sampled_from([True, False, False, False]))
steady = settings(max_examples=40, derandomize=True, database=None)


def line(text: str) -> np.ndarray:
    """A volume of one row, (1, 1, W) bool: # is lesion."""
    return np.array([[[voxel == "#" for voxel in text]]])


@pytest.mark.parametrize(
    ("prediction", "truth", "expected"),
    [
        pytest.param("##..#", "##..#", LesionCounts(2, 2, 0), id="the same"),
        pytest.param("#....", "###.#", LesionCounts(2, 1, 0), id="one voxel is enough"),
        pytest.param("..#..", "##..#", LesionCounts(2, 0, 1), id="beside is not on it"),
        pytest.param("#####", "#.#.#", LesionCounts(3, 3, 0), id="one component finds three"),
        pytest.param("#.#.#", "#####", LesionCounts(1, 1, 0), id="three find one"),
        pytest.param("#.#.#", "#....", LesionCounts(1, 1, 2), id="two are false"),
        pytest.param(".....", "#.#..", LesionCounts(2, 0, 0), id="nothing predicted"),
        pytest.param("#.#..", ".....", LesionCounts(0, 0, 2), id="nothing there"),
        pytest.param(".....", ".....", LesionCounts(0, 0, 0), id="both empty"),
    ],
)
def test_hand_computed(prediction, truth, expected):
    assert count_lesions(line(prediction), line(truth)) == expected


def test_a_corner_shared_by_two_slices_makes_one_lesion():
    truth = np.zeros((2, 4, 4), bool)
    truth[0, 1, 1] = truth[1, 2, 2] = True
    assert count_lesions(truth[::-1], truth).lesions == 1
    assert count_lesions(truth, np.insert(truth, 1, False, axis=0)[::2]) == LesionCounts(1, 1, 0)


def test_sensitivity():
    assert lesion_sensitivity(LesionCounts(4, 3, 2)) == 0.75
    assert lesion_sensitivity(LesionCounts(4, 0, 0)) == 0
    assert math.isnan(lesion_sensitivity(LesionCounts(0, 0, 2)))


def by_medpy(prediction, truth):
    """Sensitivity and share of false components, one to one.

    Its obj_tpr divides by the objects of the first argument, where the examples of its documentation do
    by those of the second; its obj_fpr by those of the second.
    """
    return medpy.obj_tpr(truth, prediction, connectivity=3), medpy.obj_fpr(truth, prediction, connectivity=3)


def test_medpys_rates_are_not_those_of_its_documentation():
    two, three = np.array([1, 0, 1, 0, 0]), np.array([1, 0, 1, 0, 1])
    assert medpy.obj_tpr(two, three) == 1  # its documentation: 2/3
    assert medpy.obj_tpr(three, two) == pytest.approx(2 / 3)  # its documentation: 1
    assert medpy.obj_fpr(two, three) == pytest.approx(1 / 3)  # its documentation: 0
    assert medpy.obj_fpr(three, two) == 0  # its documentation: 1/3


@pytest.mark.parametrize(
    ("prediction", "truth"), [("##.#..#", "#..#.#."), ("#......", "#.#.#.#"), ("#.#.#.#", "#......"), ("#", "#")]
)
def test_equals_medpy_where_components_pair_one_to_one(prediction, truth):
    counts, components = count_lesions(line(prediction), line(truth)), label(line(prediction)).max()
    assert (lesion_sensitivity(counts), counts.false_components / components) == by_medpy(line(prediction), line(truth))


def test_medpy_counts_one_of_two_lesions_that_the_prediction_joins():
    prediction, truth = line("#####"), line("##.##")
    assert by_medpy(prediction, truth) == (0.5, 0.0)
    assert count_lesions(prediction, truth) == LesionCounts(2, 2, 0)
    # and of two predicted components on one lesion it calls one false
    assert by_medpy(truth, prediction) == (1.0, 0.5)
    assert count_lesions(truth, prediction) == LesionCounts(1, 1, 0)


def test_medpy_fails_without_lesion():
    with pytest.raises(ZeroDivisionError):
        by_medpy(line("#"), line("."))


@steady
@given(PAIRS)
def test_equals_a_loop_over_scikit_images_components(pair):
    components, lesions = (label(mask, connectivity=3) for mask in pair)
    found = sum(bool(pair[0][lesions == number].any()) for number in range(1, lesions.max() + 1))
    false = sum(not pair[1][components == number].any() for number in range(1, components.max() + 1))
    assert count_lesions(*pair) == LesionCounts(int(lesions.max()), found, false)
    if pair[1].any():  # pairing one to one can only lose some
        assert medpy.obj_tpr(*pair[::-1], connectivity=3) <= lesion_sensitivity(count_lesions(*pair))


@steady
@given(PAIRS, st.sampled_from([0, 1, 2]))
def test_swapped_padded_and_flipped(pair, axis):
    counts, swapped = count_lesions(*pair), count_lesions(*pair[::-1])
    assert swapped.false_components == counts.lesions - counts.found
    assert counts.false_components == swapped.lesions - swapped.found
    assert count_lesions(*[np.pad(mask, 2) for mask in pair]) == counts
    assert count_lesions(*[np.flip(mask, axis) for mask in pair]) == counts


def test_shapes_that_differ_are_refused():
    with pytest.raises(ValueError, match="one shape"):
        count_lesions(np.ones((1, 3, 3), bool), np.ones((2, 3, 3), bool))
