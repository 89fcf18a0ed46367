import pytest

from brainseg.core.components import available
from site_pages.catalogue_table import api_of, catalogue_table
from site_pages.params_page import params_page
from tests.conftest import ROOT


@pytest.mark.parametrize("kind", ["losses", "optims", "schedules", "archs"])
def test_every_component_is_listed_and_leads_to_its_settings(kind):
    table, settings = catalogue_table(kind), params_page(ROOT)
    for name in available(kind):
        assert f"[`{name}`](params.md#{kind}-{name})" in table
        assert f"{{ #{kind}-{name} }}" in settings


def test_losses_are_grouped():
    assert [line for line in catalogue_table("losses").splitlines() if line.startswith("#")] == [
        "### Distribution",
        "### Region",
        "### Boundary",
        "### Compound",
    ]


def test_functions_by_their_full_names():
    assert "::: brainseg.losses.dice.dice\n" in api_of("losses")
