import re

import matplotlib
import pytest
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.image import imread
from matplotlib.textpath import TextPath

from brainseg.figures.dsc_bars import dsc_bars
from brainseg.figures.style import EXTRA, POOR, PREDICTION, TRAIN, TRUTH, VALIDATION, inches, save

pytestmark = pytest.mark.filterwarnings("error::UserWarning")  # one of matplotlib is a fault of the figure


TEN = {f"patient {number}": number / 10 for number in range(10)}


def test_the_same_figure_gives_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        save(dsc_bars(TEN, "title"), tmp_path / f"{name}.png", dpi=50)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_saved_picture_has_as_many_pixels_as_inches_times_dpi(tmp_path):
    for dpi in (50, 120):
        save(Figure(figsize=(3, 2)), tmp_path / "a.png", dpi)
        assert imread(tmp_path / "a.png").shape[:2] == (2 * dpi, 3 * dpi)
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]  # nothing is left beside it


def test_a_saved_picture_does_not_name_matplotlib(tmp_path):
    save(Figure(figsize=(1, 1)), tmp_path / "a.png", dpi=50)
    assert b"matplotlib" not in (tmp_path / "a.png").read_bytes().lower()


def test_pictures_need_no_window():
    assert matplotlib.get_backend().lower() == "agg"


def test_no_two_colours_of_one_picture_are_the_same():
    for together in ((TRUTH, PREDICTION, POOR), (TRAIN, VALIDATION, EXTRA)):
        assert len(set(together)) == 3
        assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in together)


def test_room_for_names_is_that_of_the_longest_and_grows_with_the_font():
    assert inches(["a" * 10, "b"]) == pytest.approx(10 * 6.2 / 72)
    assert inches(["a" * 10], font_pt=20) == pytest.approx(2 * inches(["a" * 10], font_pt=10))


@pytest.mark.parametrize(
    "word", ["sensitivity_specificity-sgd-features32-128px", "log_cosh_dice", "adam-lr0.002", "main"]
)
def test_names_of_methods_fit_in_their_room(word):
    width_pt = TextPath((0, 0), word, size=10, prop=FontProperties("DejaVu Sans")).get_extents().width
    assert width_pt / 72 <= inches([word])


@pytest.mark.parametrize("name", ["$_$", "$x", "a$^b$", "\\frac{"])
def test_a_patient_may_have_a_name_that_looks_like_a_formula(tmp_path, name):
    save(dsc_bars({name: 0.5, "b": 0.7}, f"DSC of {name}"), tmp_path / "a.png", dpi=50)
