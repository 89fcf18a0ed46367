import numpy as np
import pandas as pd
import pytest

from brainseg.compare.figures.strata import score_by_stratum
from tests.compare.figures.small_verdicts import cut_off, drawn, names

pytestmark = pytest.mark.filterwarnings("error::UserWarning")
STRATA = [("size", word) for word in ("small", "medium", "large")]
STRATA += [("edge", word) for word in ("smooth", "medium", "ragged")]


def table(methods: list[str], strata: list[tuple[str, str]] = STRATA, mean: float | None = None) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    rows = [
        {"trait": trait, "stratum": word, "method": method, "patients": number + 1}
        | {"mean_nsd": rng.uniform() if mean is None else mean}
        for number, (trait, word) in enumerate(strata)
        for method in methods
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize("count", [2, 12])
def test_it_draws_with_all_names(tmp_path, count):
    figure = score_by_stratum(table(names(count)), "nsd")
    assert drawn(figure, tmp_path)
    assert cut_off(figure) == []
    assert [text.get_text() for text in figure.legends[0].get_texts()] == names(count)
    styles = {(line.get_color(), line.get_marker()) for line in figure.axes[0].lines}
    assert len(styles) == count


def test_strata_come_in_order_with_their_patients_whatever_the_table_has():
    figure = score_by_stratum(table(["a", "b"], STRATA[::-1]), "nsd")
    sizes, edges = ([label.get_text() for label in axes.get_xticklabels()] for axes in figure.axes)
    assert sizes == ["small\n6 patients", "medium\n5 patients", "large\n4 patients"]
    assert edges == ["smooth\n3 patients", "medium\n2 patients", "ragged\n1 patient"]
    assert figure.axes[0].get_ylabel() == "mean nsd"


def test_methods_of_equal_scores_stand_beside_each_other(tmp_path):
    figure = score_by_stratum(table(["a", "b"], mean=0.5), "nsd")
    assert drawn(figure, tmp_path)
    a, b = figure.axes[0].lines
    assert np.all(a.get_xdata() < b.get_xdata())
    np.testing.assert_array_equal(a.get_ydata(), b.get_ydata())


@pytest.mark.parametrize(
    "strata",
    [STRATA[:1], STRATA[:3], STRATA[3:], [("size", "large"), ("edge", "ragged")]],
    ids=["one", "sizes alone", "edges alone", "one of each"],
)
def test_any_strata_draw(tmp_path, strata):
    assert drawn(score_by_stratum(table(["a", "b"], strata), "nsd"), tmp_path)


def test_a_mean_that_is_missing_draws(tmp_path):
    rows = table(["a", "b"])
    rows.loc[0, "mean_nsd"] = np.nan
    assert drawn(score_by_stratum(rows.drop(index=3), "nsd"), tmp_path)
