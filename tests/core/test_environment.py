import pytest

from brainseg.core.environment import whole_number
from brainseg.core.errors import UserError

NAME = "BRAINSEG_NUMBER_OF_A_TEST"


def test_without_the_variable_it_is_the_default(monkeypatch):
    monkeypatch.delenv(NAME, raising=False)
    assert whole_number(NAME, 5) == 5


@pytest.mark.parametrize(("given", "number"), [("1", 1), ("16", 16), ("007", 7)])
def test_what_is_given_counts(monkeypatch, given, number):
    monkeypatch.setenv(NAME, given)
    assert whole_number(NAME, 5) == number


@pytest.mark.parametrize("given", ["0", "-1", "+1", "1.0", "1e3", "many", "", " ", "1 2"])
def test_what_is_no_whole_number_from_1_is_reported_with_its_name(monkeypatch, given):
    monkeypatch.setenv(NAME, given)
    with pytest.raises(UserError) as error:
        whole_number(NAME, 5)
    assert str(error.value) == f"{NAME} is {given!r}; expected a whole number from 1"


@pytest.mark.parametrize("given", ["²", "٣", "９", "1" * 5000])
def test_digits_that_are_no_number_of_this_machine_are_reported(monkeypatch, given):
    monkeypatch.setenv(NAME, given)
    with pytest.raises(UserError, match=f"^{NAME} is .*; expected a whole number from 1$") as error:
        whole_number(NAME, 5)
    assert len(str(error.value)) < 300
