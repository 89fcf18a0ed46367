import pytest

from brainseg.core.errors import UserError
from brainseg.core.params import parse_settings
from brainseg.figures.settings import PlotSettings


def read(**changes: object) -> PlotSettings:
    return parse_settings(PlotSettings, {"plot": {"dpi": 100, "slices_per_patient": 4} | changes}, "plot")


@pytest.mark.parametrize(("dpi", "slices"), [(30, 1), (600, 8)])
def test_the_limits_themselves_are_allowed(dpi, slices):
    found = read(dpi=dpi, slices_per_patient=slices)
    assert (found.dpi, found.slices_per_patient) == (dpi, slices)


def test_the_projects_own_are_allowed(params):
    assert parse_settings(PlotSettings, params, "plot").model_dump() == params["plot"]


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("dpi", 29, "30"),
        ("dpi", 601, "600"),
        ("dpi", 100.0, "integer"),
        ("slices_per_patient", 0, "1"),
        ("slices_per_patient", 9, "8"),
        ("slices_per_patient", "4", "integer"),
    ],
)
def test_what_is_outside_the_limits_is_reported_with_its_key_and_value(key, value, allowed):
    with pytest.raises(UserError) as error:
        read(**{key: value})
    reported, _, expected = str(error.value).partition("; expected ")
    assert reported == f"params.yaml: plot.{key} is {value!r}"
    assert allowed in expected


def test_an_unknown_setting_is_reported_with_the_one_that_is_meant():
    with pytest.raises(UserError, match="plot.slices_per_patients is not a setting; did you mean slices_per_patient"):
        read(slices_per_patients=4)
