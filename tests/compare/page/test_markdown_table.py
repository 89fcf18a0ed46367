import numpy as np
import pandas as pd
import pytest

from brainseg.compare.page.markdown_table import interval, markdown_table, number, p_value


def test_cells():
    assert number(1.25, 1) == "1.2" and number(None, 1) == number(np.nan, 1) == "–"
    assert number(pd.NA, 2, "no") == "no"
    assert interval(-0.1, 0.25) == "[-0.100, 0.250]" and interval(-0.1, 0.25, "+") == "[-0.100, +0.250]"
    assert p_value(0.05) == "0.0500" and p_value(0.00009) == "<0.0001" and p_value(1) == "1.0000"


def test_columns_are_of_equal_width_and_no_cell_breaks_the_table():
    table = markdown_table([{"name": "a", "n": 1}, {"name": "a|longer", "n": 22}])
    assert table == "| name      | n  |\n|-----------|----|\n| a         | 1  |\n| a\\|longer | 22 |\n"


def test_a_table_has_the_columns_of_the_first_row_in_their_order():
    lines = markdown_table([{"b": 1, "a": None}, {"b": 2.5, "a": True}]).splitlines()
    assert [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if "-" not in line] == [
        ["b", "a"],
        ["1", "None"],
        ["2.5", "True"],
    ]


def test_a_row_with_more_or_fewer_cells_is_refused():
    for other in ({"a": 1}, {"a": 1, "b": 2, "c": 3}):
        with pytest.raises((ValueError, IndexError)):
            markdown_table([{"a": 1, "b": 2}, other])


@pytest.mark.parametrize(("value", "digits", "reported"), [(0, 2, "0.00"), (-0.126, 2, "-0.13"), (12.6, 0, "13")])
def test_a_number_has_the_digits_asked_for(value, digits, reported):
    assert number(value, digits) == reported


@pytest.mark.parametrize(
    ("p", "reported"), [(0.0001, "0.0001"), (0.0000999, "<0.0001"), (0, "<0.0001"), (0.99996, "1.0000")]
)
def test_a_p_is_never_reported_as_nought(p, reported):
    assert p_value(p) == reported
