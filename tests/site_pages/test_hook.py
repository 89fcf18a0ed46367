import logging
from types import SimpleNamespace

import pytest

from site_pages import hook
from tests.conftest import ROOT


def test_a_marker_becomes_its_part():
    page = hook.with_generated("Before\n\n<!-- generated: schedules -->\n\nAfter")
    assert page.startswith('Before\n\n<div class="words" markdown>\n\n| name |')
    assert page.endswith("|\n\n</div>\n\nAfter")


def test_an_unknown_part_stops_the_build():
    with pytest.raises(KeyError, match="unknown"):
        hook.with_generated("<!-- generated: unknown -->")


def test_a_path_that_is_gone_is_a_warning(caplog):
    page = SimpleNamespace(file=SimpleNamespace(src_uri="index.md"))
    with caplog.at_level(logging.WARNING):
        assert hook.on_page_markdown("`src/gone.py`", page) == "`src/gone.py`"
    assert "index.md: `src/gone.py` is named" in caplog.text


def test_every_marker_of_the_pages_has_a_part():
    used = {name for path in (ROOT / "docs").rglob("*.md") for name in hook.MARKER.findall(path.read_text())}
    assert used == hook.PARTS.keys()
