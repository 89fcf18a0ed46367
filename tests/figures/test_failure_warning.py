import math

import numpy as np
import pandas as pd
import pytest
from matplotlib.image import imread

from brainseg.figures.failure_warning import warning
from brainseg.figures.style import save

pytestmark = pytest.mark.filterwarnings("error")  # a warning would stand in the stage's output

PATIENTS = pd.DataFrame(
    {
        "patient": ["a", "b", "c", "d"],
        "dsc": [0.9, 0.3, 0.6, 0.7],
        "predicted_dsc": [0.8, 0.5, 0.7, 0.7],
        "dsc_lower_bound": [0.7, 0.4, 0.6, 0.5],
    }
)
TABLES = {
    "four patients": PATIENTS,
    "one patient": PATIENTS.head(1),
    "no bound": PATIENTS.assign(dsc_lower_bound=math.nan),
    "one patient, no bound": PATIENTS.head(1).assign(dsc_lower_bound=math.nan),
    "nothing predicted": PATIENTS.assign(predicted_dsc=math.nan, dsc_lower_bound=math.nan),
    "some with a bound": PATIENTS.assign(dsc_lower_bound=[math.nan, 0.4, 0.5, math.nan]),
    "all below": PATIENTS.assign(dsc=0.1),
    "all 0": PATIENTS.assign(dsc=0.0, predicted_dsc=0.0, dsc_lower_bound=0.0),
    "all 1": PATIENTS.assign(dsc=1.0, predicted_dsc=1.0, dsc_lower_bound=1.0),
    "rows of a larger table": PATIENTS.set_index(PATIENTS.index + 7),
}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_it_draws_every_patient(tmp_path, table):
    figure = warning(table, 0.9, "title")
    save(figure, tmp_path / "a.png", dpi=40)
    assert np.ptp(imread(tmp_path / "a.png")[..., :3]) > 0.5
    _, above, below, _ = figure.axes[0].lines
    assert sorted([*above.get_ydata(), *below.get_ydata()]) == sorted(table.dsc)


def points(table: pd.DataFrame) -> dict[str, list[tuple[float, float]]]:
    lines = warning(table, 0.9, "title").axes[0].lines
    return {line.get_label(): list(zip(line.get_xdata(), line.get_ydata(), strict=True)) for line in lines}


def test_by_hand():
    assert points(PATIENTS) == {
        "DSC predicted from certainty": [(0, 0.5), (1, 0.7), (2, 0.7), (3, 0.8)],
        "DSC": [(1, 0.6), (2, 0.7), (3, 0.9)],  # 0.6 reaches 0.6
        "DSC below its bound": [(0, 0.3)],
        "meant to hold in 90%: held by 3 of 4": [],
    }


def test_patients_without_a_bound_do_not_hold_it():
    assert "meant to hold in 90%: held by 1 of 2" in points(TABLES["some with a bound"])
    found = points(TABLES["no bound"])
    assert "no bound: too few validation patients" in found and found["DSC below its bound"] == []


def test_the_same_table_gives_the_same_bytes_in_whatever_order(tmp_path):
    for name, table in (("a", PATIENTS), ("b", PATIENTS[::-1])):
        save(warning(table, 0.9, "title"), tmp_path / f"{name}.png", dpi=40)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
