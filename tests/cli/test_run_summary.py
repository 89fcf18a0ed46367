from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from brainseg.cli.run_summary import show
from brainseg.core.errors import UserError
from brainseg.experiments.dvc_cache import md5_of


@pytest.fixture
def shown(project, monkeypatch):
    """shown(name, out): what is printed in the project, 100 columns wide."""
    monkeypatch.chdir(project.folder)

    def call(name: str, out: Path | None = None) -> str:
        text = StringIO()
        show(name, out, Console(file=text, width=100, highlight=False))
        return text.getvalue()

    return call


def test_the_headline_and_a_row_a_held_out_patient_the_worst_first(shown):
    text = shown("bce")
    lines = text.splitlines()
    assert lines[0] == "bce: unet, bce, adam on phantom"
    assert lines[1].startswith("mean DSC 0.6495 [") and "of 10 test patients, median 0.6495" in text
    assert lines[2].split() == ["failures", "0"] or "failures 0" in lines[1]
    rows = [line.split() for line in lines if line.startswith("p") and line.split()[0][1:].isdigit()]
    assert [row[0] for row in rows] == [f"p{number}" for number in range(10)]
    assert [row[1] for row in rows] == [f"{0.6 + number / 100 + number / 1000:.3f}" for number in range(10)]
    assert "NSD" not in text and "precision" in text  # this table has no NSD


def test_without_the_stage_page_there_is_none(shown, tmp_path):
    assert "no page: the stage page was not run" in shown("main")
    with pytest.raises(UserError, match=r"main: plots/report.html is not in DVC's cache"):
        shown("main", tmp_path / "report.html")


def test_the_page_is_written_out_of_the_cache(shown, tmp_path, project, monkeypatch):
    content = b"<!doctype html>"
    md5 = md5_of(content)
    path = project.folder / ".dvc" / "cache" / "files" / "md5" / md5[:2] / md5[2:]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    real = __import__("brainseg.cli.run_summary", fromlist=["find"]).find

    def with_page(folder, names):
        page = {"outs": [{"path": "plots/report.html", "md5": md5}]}
        return [replace(found, lock=found.lock | {"page": page}) for found in real(folder, names)]

    monkeypatch.setattr("brainseg.cli.run_summary.find", with_page)
    assert "page: `brainseg show bce --out report.html` writes it" in shown("bce")
    assert f"page: {tmp_path}" in shown("bce", tmp_path / "a.html").replace("\n", "")
    assert (tmp_path / "a.html").read_bytes() == content


def test_a_pattern_of_several_is_an_error(shown):
    with pytest.raises(UserError, match=r"\*: means \d experiments; expected one"):
        shown("*")


@pytest.mark.parametrize(
    ("settings", "pictures", "reported"),
    [
        ({"force_terminal": True, "color_system": "truecolor"}, True, True),
        ({"force_terminal": True, "color_system": "truecolor"}, False, False),
        ({"force_terminal": True, "color_system": "truecolor", "no_color": True}, True, False),
        ({"force_terminal": False}, True, False),
    ],
)
def test_pictures_are_for_terminals_and_their_lack_is_one_line(project, monkeypatch, settings, pictures, reported):
    monkeypatch.chdir(project.folder)
    text = StringIO()
    show("bce", None, Console(file=text, width=150, **settings), pictures)
    lack = "no pictures: DVC's cache lacks images or predictions; get it with `dvc exp pull origin bce`"
    assert (lack in text.getvalue()) == reported
