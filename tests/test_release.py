"""One version in all places where it stands."""

import tomllib

from ruamel.yaml import YAML

from tests.conftest import ROOT

VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


def test_the_citation_and_the_newest_entry_of_the_changelog_have_the_version_of_pyproject():
    citation = YAML(typ="safe", pure=True).load(ROOT / "CITATION.cff")
    newest = next(line for line in (ROOT / "CHANGELOG.md").read_text().splitlines() if line.startswith("## ["))
    assert citation["version"] == VERSION
    assert newest == f"## [{VERSION}] - {citation['date-released']}"
