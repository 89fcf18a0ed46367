from dataclasses import replace

import numpy as np
import pytest

from brainseg.compare.figures.scores import paired_boxes
from tests.compare.figures.small_verdicts import cut_off, drawn, methods, names

pytestmark = pytest.mark.filterwarnings("error::UserWarning")


@pytest.mark.parametrize("patients", [1, 2, 40])
@pytest.mark.parametrize("count", [2, 12])
def test_it_draws_with_all_names(tmp_path, count, patients):
    figure = paired_boxes(methods(count, patients), "dsc")
    assert drawn(figure, tmp_path)
    assert cut_off(figure) == []
    [axes] = figure.axes
    assert [label.get_text() for label in axes.get_xticklabels()] == names(count)
    assert axes.get_ylabel() == "dsc"


def of(*scores: list[float]):
    return [
        replace(method, scores=np.array(values)[:, None]) for method, values in zip(methods(2, 5), scores, strict=True)
    ]


def test_equal_scores_draw_and_name_no_method(tmp_path):
    figure = paired_boxes(of([0.5] * 5, [0.5] * 5), "dsc")
    assert drawn(figure, tmp_path)
    assert [text.get_text() for text in figure.axes[0].texts] == []


def test_the_three_patients_that_methods_disagree_on_most_are_named_at_their_lowest():
    figure = paired_boxes(of([0.9, 0.1, 0.9, 0.9, 0.95], [0.9, 0.9, 0.5, 0.7, 0.1]), "dsc")
    named = {text.get_text()[8:12]: text.xy for text in figure.axes[0].texts}
    assert named == {"7601": (0, 0.1), "7602": (1, 0.5), "7604": (1, 0.1)}


@pytest.mark.parametrize(("patients", "reported"), [(1, "nsd of 1 patient;"), (5, "nsd of 5 patients;")])
def test_the_title_counts_patients(patients, reported):
    assert paired_boxes(methods(2, patients), "nsd").axes[0].get_title("left").startswith(reported)
