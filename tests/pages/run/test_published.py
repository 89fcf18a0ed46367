import pytest

from brainseg.pages.run.published import PUBLISHED, of_lgg
from tests.conftest import ROOT


def test_the_figures_are_those_of_the_page_of_results():
    text = (ROOT / "docs/results/index.md").read_text()
    for row in PUBLISHED:
        assert f"{row.mean:g}" in text and (row.median is None or f"{row.median:g}" in text)


def test_every_figure_has_its_protocol():
    assert all(row.protocol and row.source for row in PUBLISHED)


@pytest.mark.parametrize(
    ("patients", "lgg"),
    [
        (["TCGA_CS_4941_19960909", "TCGA_HT_7879_19981009"], True),
        (["TCGA_CS_4941_19960909", "anna"], False),
        (["NORTH_01"], False),
    ],
)
def test_only_the_lgg_set_stands_beside_them(patients, lgg):
    assert of_lgg(patients) is lgg
