from dataclasses import replace

import numpy as np
import pytest

from brainseg.figures.examples import Example, example_slices, telling_slices
from tests.compare.figures.small_verdicts import drawn

pytestmark = pytest.mark.filterwarnings("error::UserWarning")  # one of matplotlib is a fault of the figure


def example(truth: np.ndarray, prediction: np.ndarray) -> Example:
    image = np.random.default_rng(0).integers(0, 256, truth.shape).astype(np.uint8)
    return Example("best: patient\nDSC 0.5", image, truth, prediction)


LESION = np.zeros((12, 20, 20), bool)


LESION[4:10, 5:12, 5:12] = True


NOTHING, EVERYTHING = np.zeros_like(LESION), np.ones_like(LESION)


EXAMPLES = {
    "shifted": (LESION, np.roll(LESION, 3, 1)),
    "perfect": (LESION, LESION),
    "missed": (LESION, NOTHING),
    "no lesion": (NOTHING, LESION),
    "nothing at all": (NOTHING, NOTHING),
    "predicted everywhere": (LESION, EVERYTHING),
}


@pytest.mark.parametrize(("truth", "prediction"), EXAMPLES.values(), ids=EXAMPLES)
@pytest.mark.parametrize("columns", [1, 3])
def test_examples_draw(tmp_path, truth, prediction, columns):
    assert drawn(example_slices([example(truth, prediction)] * 2, columns, "title"), tmp_path)


def test_pixels_are_drawn_with_their_form():
    figure = example_slices([replace(example(LESION, LESION), aspect=2.5)], 1, "title")
    assert figure.axes[0].get_aspect() == 2.5


def test_an_example_of_one_slice_draws(tmp_path):
    assert drawn(example_slices([example(LESION[5:6], LESION[5:6])], 4, "title"), tmp_path)


@pytest.mark.parametrize(("truth", "prediction"), [pair for name, pair in EXAMPLES.items() if name != "nothing at all"])
@pytest.mark.parametrize("count", [1, 2, 4, 8])
def test_telling_slices_all_have_lesion_or_an_error(truth, prediction, count):
    telling = np.flatnonzero((truth | prediction).any((1, 2)))
    numbers = telling_slices(truth, prediction, count)
    assert set(numbers) <= set(telling)
    assert len(numbers) == min(count, len(telling))
    assert numbers == sorted(set(numbers))


def test_telling_slices_hold_the_one_with_most_lesion_and_the_one_with_most_errors():
    truth, prediction = LESION.copy(), LESION.copy()
    truth[5, 5:15, 5:15] = prediction[5, 5:15, 5:15] = True  # most lesion
    prediction[8] = True  # most errors
    assert {5, 8} <= set(telling_slices(truth, prediction, 3))
    assert telling_slices(truth, prediction, 1) == [5]
    assert telling_slices(truth, prediction, 2) == [5, 8]


def test_chosen_slices_without_anything_to_show_are_the_middle_one():
    assert telling_slices(NOTHING, NOTHING, 4) == [6]
