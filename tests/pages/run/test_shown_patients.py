import pandas as pd
import pytest

from brainseg.pages.run.shown_patients import FIRST, shown_patients


def patients(test: int, validation: int = 2, train: int = 1) -> pd.DataFrame:
    """T0 is the worst of the test patients."""
    names = [*(f"T{k}" for k in range(test)), *(f"V{k}" for k in range(validation)), *(f"R{k}" for k in range(train))]
    subset = ["test"] * test + ["validation"] * validation + ["train"] * train
    dsc = [0.1 * k for k in range(test)] + [0.5, 0.4][:validation] + [0.9] * train
    return pd.DataFrame({"patient": names, "subset": subset, "dsc": dsc}).sample(frac=1, random_state=0)


def names(shown: dict) -> dict[str, list[str]]:
    return {heading: [name for name, _ in group] for heading, group in shown.items()}


def test_worst_median_and_best_come_first_then_the_rest_by_subset():
    shown = shown_patients(patients(5), 0)
    assert names(shown) == {
        FIRST: ["T0", "T2", "T4"],
        "Test patients, worst first": ["T1", "T3"],
        "Validation patients, worst first": ["V1", "V0"],
        "Train patients, worst first": ["R0"],
    }
    assert shown[FIRST][0] == ("T0", "worst: T0, DSC 0.000")


@pytest.mark.parametrize(
    ("most", "expected"), [(1, ["T0"]), (3, ["T0", "T2", "T4"]), (4, ["T0", "T2", "T4", "T1"]), (99, None)]
)
def test_at_most_so_many(most, expected):
    found = [name for group in names(shown_patients(patients(5), most)).values() for name in group]
    assert found == expected or (expected is None and len(found) == 8)


@pytest.mark.parametrize(("test", "first"), [(1, ["T0"]), (2, ["T0", "T1"]), (3, ["T0", "T1", "T2"])])
def test_few_patients_are_shown_once(test, first):
    shown = names(shown_patients(patients(test), 0))
    assert shown[FIRST] == first
    every = [name for group in shown.values() for name in group]
    assert len(every) == len(set(every)) == test + 3


def test_the_median_is_that_of_the_pictures():
    """As stages/plot.py: place len // 2 from the best."""
    table = patients(8)
    best_first = table[table.subset == "test"].sort_values("dsc", ascending=False).patient.tolist()
    assert names(shown_patients(table, 0))[FIRST][1] == best_first[8 // 2]


def test_without_test_patients_the_validation_patients_are_shown_first_and_once():
    shown = names(shown_patients(patients(0), 0))
    assert shown == {FIRST: ["V1", "V0"], "Train patients, worst first": ["R0"]}
