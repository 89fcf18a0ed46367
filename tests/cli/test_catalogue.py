import pytest

from brainseg.cli.catalogue import GROUPS, Entry, as_text, catalogue
from brainseg.core.components import available

KINDS = ["losses", "optims", "schedules", "archs"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_component_says_what_it_is_and_where_it_is_from(kind):
    entries = catalogue(kind)
    assert sorted(entry.name for entry in entries) == available(kind)
    for entry in entries:
        assert entry.summary.endswith(".") and len(entry.summary) > 20, entry
        assert len(entry.source) > 10 and not entry.source.endswith(","), entry


def test_losses_come_group_by_group_in_the_order_of_the_reports_table():
    groups = [entry.group for entry in catalogue("losses")]
    assert list(dict.fromkeys(groups)) == list(GROUPS)
    assert groups == sorted(groups, key=GROUPS.index)
    assert not any(entry.group for entry in catalogue("optims"))


def test_a_source_may_take_several_lines():
    found = {entry.name: entry for entry in catalogue("losses")}["log_cosh_dice"]
    assert found.group == "region"
    assert found.summary == "Log-cosh Dice loss: log(cosh(D)), where D is the Dice loss."
    assert found.source.startswith("Jadon, ") and found.source.endswith("; the report's section 5.4")
    assert "  " not in found.source


def test_the_text_is_wrapped_beside_the_names():
    entries = [Entry("a", "What it is.", "one", "A paper"), Entry("longer", "word " * 12 + "end.", "two", "B")]
    assert as_text(entries, 50).splitlines() == [
        "one",
        "  a       What it is.",
        "          A paper",
        "",
        "two",
        "  longer  word word word word word word word word",
        "          word word word word end.",
        "          B",
    ]


def test_without_groups_there_is_no_empty_line():
    assert as_text([Entry("a", "What.", "", "A"), Entry("b", "What.", "", "B")], 80).splitlines()[0] == "  a  What."
