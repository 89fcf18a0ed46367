import json

from brainseg.audit.files import Places, write


def test_a_page_a_table_and_the_numbers_are_written(audited, tmp_path):
    places = Places(tmp_path / "a" / "page.html", tmp_path / "findings.csv", tmp_path / "numbers.json")
    write(audited, places)
    assert places.page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert places.findings.read_text().splitlines()[1].startswith("near-duplicate patients,MADE_NORTH_0,")
    assert json.loads(places.numbers.read_text())["findings"]["near-duplicate patients"] == 1
