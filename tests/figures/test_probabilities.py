import numpy as np
import pandas as pd
import pytest
from matplotlib.image import imread

from brainseg.figures.probabilities import probabilities
from brainseg.figures.style import save

pytestmark = pytest.mark.filterwarnings("error")  # a warning would stand in the stage's output

THRESHOLDS = [round(0.05 * step, 2) for step in range(1, 20)]
CURVE = pd.DataFrame({"threshold": THRESHOLDS, "mean_dsc": [0.9 - abs(0.4 - threshold) for threshold in THRESHOLDS]})
COUNTS = pd.DataFrame({"voxels": [80, 0, 10, 10], "probability": [4.0, 0.0, 6.0, 9.0], "lesion": [2, 0, 5, 10]})
NO_VOXEL = COUNTS * 0
TABLES = {
    "usual": (CURVE, COUNTS),
    "one bin": (CURVE, COUNTS[2:3]),
    "no lesion, true or predicted": (CURVE.assign(mean_dsc=1.0), NO_VOXEL),
    "all missed": (CURVE.assign(mean_dsc=0.0), COUNTS[:1]),
    "rows of a larger table": (CURVE.set_index(CURVE.index + 19), COUNTS.set_index(COUNTS.index + 4)),
}


@pytest.mark.parametrize(("curve", "counts"), TABLES.values(), ids=TABLES)
def test_it_draws(tmp_path, curve, counts):
    save(probabilities(curve, counts, 0.5, "title"), tmp_path / "a.png", dpi=40)
    assert np.ptp(imread(tmp_path / "a.png")[..., :3]) > 0.5


def labels(axes) -> list[str]:
    return axes.get_legend_handles_labels()[1]


def test_the_best_threshold_and_the_one_used():
    left, _ = probabilities(CURVE, COUNTS, 0.5, "title").axes
    assert labels(left) == ["threshold used, 0.5", "best, chosen on these patients: 0.4, 0.900"]


def test_the_curve_and_its_error_by_hand():
    _, right = probabilities(CURVE, COUNTS, 0.5, "title").axes
    assert right.lines[1].get_xdata() == pytest.approx([4 / 80, 6 / 10, 9 / 10])  # bins without voxels are left out
    assert right.lines[1].get_ydata() == pytest.approx([2 / 80, 5 / 10, 10 / 10])
    assert labels(right) == ["calibrated", "larger with more voxels; error 0.040"]  # (2 + 1 + 1) / 100


def test_without_voxels_there_is_no_error_to_report():
    _, right = probabilities(CURVE, NO_VOXEL, 0.5, "title").axes
    assert labels(right) == ["calibrated", "no lesion, true or predicted"]


def test_the_same_tables_give_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        save(probabilities(CURVE, COUNTS, 0.5, "title"), tmp_path / f"{name}.png", dpi=40)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
