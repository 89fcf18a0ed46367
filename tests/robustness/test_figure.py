import numpy as np
import pytest
from matplotlib.image import imread

from brainseg.figures.style import save
from brainseg.robustness.figure import robustness_lines

pytestmark = pytest.mark.filterwarnings("error::UserWarning")  # one of matplotlib is a fault of the figure

TWO_PATIENTS = {"none": [0.9, 0.7], "weak": [0.8, 0.6], "strong": [0.5, 0.0]}
SCORES = {
    "two patients": {"gamma": TWO_PATIENTS, "bias_field": TWO_PATIENTS},
    "one patient, one kind": {"noise": {"none": [0.9], "strong": [0.8]}},
    "all 0": {"noise": {"none": [0.0, 0.0], "strong": [0.0, 0.0]}},
    "all 1": {"noise": {"none": [1.0, 1.0], "strong": [1.0, 1.0]}},
}


@pytest.mark.parametrize("dsc", SCORES.values(), ids=SCORES)
def test_it_draws_every_patient_the_mean_and_the_unperturbed(tmp_path, dsc):
    figure = robustness_lines(dsc, "title")
    save(figure, tmp_path / "a.png", dpi=40)
    assert np.ptp(imread(tmp_path / "a.png")[..., :3]) > 0.5
    assert len(figure.axes) == len(dsc)
    for axes, of_strength in zip(figure.axes, dsc.values(), strict=True):
        patients = len(of_strength["none"])
        assert len(axes.lines) == patients + 2
        for place in range(patients):
            assert list(axes.lines[place].get_ydata()) == [values[place] for values in of_strength.values()]
        np.testing.assert_allclose(axes.lines[-1].get_ydata(), [np.mean(values) for values in of_strength.values()])


def test_the_means_stand_with_the_names_of_the_strengths():
    axes = robustness_lines({"bias_field": TWO_PATIENTS}, "title").axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["none\n0.800", "weak\n0.700", "strong\n0.250"]
    assert axes.get_title() == "bias field"
