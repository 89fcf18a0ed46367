import re
from typing import Annotated, Literal

import pytest
from pydantic import Field

from brainseg.core.params import StrictSettings
from brainseg.experiments.lock import flat_params
from site_pages.params_page import entries, limits, params_page
from tests.conftest import ROOT

ROW = r"^\| `([^`]+)` \| (.*) \| `([^`]*)` \| [^|]+ \|$"
TEXT = (ROOT / "params.yaml").read_text()


class Example(StrictSettings):
    count: int = Field(ge=1, lt=8)
    share: float = Field(gt=0, le=0.5)
    switch: bool
    sizes: list[int] = Field(min_length=3, max_length=3)
    names: list[str] = Field(min_length=1, max_length=8)
    either: Annotated[float, Field(gt=0)] | Literal["auto"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("count", "whole number, at least 1, below 8"),
        ("share", "number, above 0, at most 0.5"),
        ("switch", "`true` or `false`"),
        ("sizes", "list of 3 whole numbers"),
        ("names", "list of 1 to 8 names"),
        ("either", "number, above 0; or one of `auto`"),
    ],
)
def test_limits_in_words(name, words):
    assert limits(Example.model_fields[name]) == words


def test_a_line_is_a_key_with_its_value_and_comment():
    text = "# of the file\na: # a block\n  b: [1, 2] # two numbers\n\n  # of a group\n  c: {}\nd: x\n"
    assert [tuple(entry) for entry in entries(text)] == [
        ("a", "", "a block"),
        ("a.b", "[1, 2]", "two numbers"),
        ("a.c", "{}", ""),
        ("d", "x", ""),
    ]


def test_every_setting_of_params_yaml_has_a_row_with_its_default_and_a_comment(params):
    page = params_page(ROOT)
    rows = {key: (default, comment) for key, comment, default in re.findall(ROW, page, re.M)}
    settings = {entry.key: entry.value for entry in entries(TEXT) if entry.value not in ("", "{}")}
    assert settings.keys() == {key for key, value in flat_params(params).items() if value != {}}
    assert {key: default for key, (default, _) in rows.items()} == settings
    assert [key for key, (_, comment) in rows.items() if not comment.strip()] == []
