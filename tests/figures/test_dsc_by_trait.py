import math

import numpy as np
import pandas as pd
import pytest
from matplotlib.image import imread

from brainseg.data.tables import read_table, write_table
from brainseg.figures.dsc_by_trait import dsc_by_trait
from brainseg.figures.style import EXTRA, VALIDATION, save

pytestmark = pytest.mark.filterwarnings("error")  # a warning would stand in the stage's output

USUAL = {
    "patient": [f"patient {number}" for number in range(6)],
    "dsc": [0.5, 0.6, 0.7, 0.8, 0.9, 1.0],
    "ceiling_dsc": [0.95] * 6,
    "lesion_voxels": [10, 20, 300, 400, 5000, 6000],
    "size": ["small", "small", "medium", "medium", "large", "large"],
    "raggedness": [1.3, 1.1, 1.2, 1.25, 1.1, 1.5],
    "edge": ["ragged", "smooth", "medium", "ragged", "smooth", "ragged"],
    "institution": ["CS", "DU", "CS", "CS", "DU", "CS"],
    "equal_channels": ["none", "none", "1=2", "none", "2=3", "none"],
}
NO_LESION = {"lesion_voxels": 0, "size": "", "raggedness": math.nan, "edge": ""}
TABLES = {
    "six patients": pd.DataFrame(USUAL),
    "one patient": pd.DataFrame(USUAL).head(1),
    "two of equal lesions": pd.DataFrame(USUAL).head(2).assign(lesion_voxels=10, raggedness=1.3, edge="ragged"),
    "one without lesion": pd.DataFrame(USUAL).assign(
        **{name: [value, *USUAL[name][1:]] for name, value in NO_LESION.items()}
    ),
    "no lesion at all": pd.DataFrame(USUAL).assign(**NO_LESION),
    "no institution": pd.DataFrame(USUAL).assign(institution=""),
    "some with institution": pd.DataFrame(USUAL).assign(institution=["CS", "", "", "", "07", "07"]),
    "no bounds": pd.DataFrame(USUAL).assign(size="", edge=""),
    "all 0": pd.DataFrame(USUAL).assign(dsc=0.0, ceiling_dsc=0.0),
    "all 1": pd.DataFrame(USUAL).assign(dsc=1.0, ceiling_dsc=1.0),
}


def as_read(table: pd.DataFrame, folder) -> pd.DataFrame:
    """As the stage reads it: what is empty is nan."""
    write_table(folder / "a.csv", table)
    return read_table(folder / "a.csv")


def drawn(axes, color: str) -> np.ndarray:
    """The y of all points or lines of one colour."""
    return np.concatenate([line.get_ydata() for line in axes.lines if line.get_color() == color])


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_it_draws(tmp_path, table):
    figure = dsc_by_trait(as_read(table, tmp_path), "title")
    save(figure, tmp_path / "a.png", dpi=40)
    assert np.ptp(imread(tmp_path / "a.png")[..., :3]) > 0.5
    for axes in figure.axes[2:]:  # of those with an institution or none, nobody is left out
        assert sorted(drawn(axes, VALIDATION)) == sorted(table.dsc)


def test_dots_are_patients_and_bars_medians(tmp_path):
    figure = dsc_by_trait(as_read(pd.DataFrame(USUAL), tmp_path), "title")
    for axes, trait in zip(figure.axes, ("size", "edge", "institution", "equal_channels"), strict=True):
        assert sorted(drawn(axes, VALIDATION)) == USUAL["dsc"]
        medians = pd.DataFrame(USUAL).groupby(trait).dsc.median()
        assert sorted(drawn(axes, EXTRA)) == pytest.approx(sorted(2 * [*medians]))


def test_the_legend_says_what_the_tick_is(tmp_path):
    figure = dsc_by_trait(as_read(pd.DataFrame(USUAL), tmp_path), "title")
    legends = [*figure.legends, *(axes.get_legend() for axes in figure.axes if axes.get_legend())]
    reported = [text.get_text() for legend in legends for text in legend.get_texts()]
    assert "its truth, at the training size" in reported and not any("ceiling" in words for words in reported)


def test_who_has_no_lesion_is_in_no_panel_of_lesions(tmp_path):
    figure = dsc_by_trait(as_read(TABLES["one without lesion"], tmp_path), "title")
    assert [len(drawn(axes, VALIDATION)) for axes in figure.axes] == [5, 5, 6, 6]


def test_groups_stand_with_their_patients(tmp_path):
    figure = dsc_by_trait(as_read(TABLES["some with institution"], tmp_path), "title")
    labels = [[label.get_text() for label in axes.get_xticklabels()] for axes in figure.axes[2:]]
    assert labels == [["07\n2", "?\n3", "CS\n1"], ["1=2\n1", "2=3\n1", "none\n4"]]
    words = {text.get_text() for text in figure.axes[0].texts}
    assert words == {"small\n2", "medium\n2", "large\n2"}


def test_the_same_table_gives_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        save(dsc_by_trait(as_read(pd.DataFrame(USUAL), tmp_path), "title"), tmp_path / f"{name}.png", dpi=40)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
