"""What `brainseg compare` does, without its command line."""

import json

import pytest

from brainseg.compare.run import check_folder, run
from brainseg.core.errors import UserError
from tests.compare.small_project import SmallProject

PER_VOLUME = "metrics/per_volume.csv"


def scores(by: float) -> dict[str, str]:
    lines = [f"p{number},test,{0.5 + by + number / 1000:.4f},0.5" for number in range(10)]
    return {PER_VOLUME: "\n".join(["patient,subset,dsc,precision", *lines]) + "\n"} | {
        "metrics/timing.json": json.dumps({"device": "cpu", "training_seconds": 60.0, "seconds_per_epoch": 20.0})
    }


@pytest.fixture
def project(tmp_path, monkeypatch) -> SmallProject:
    """The baseline main, and bce, which is better."""
    for variable in ("DVC_GLOBAL_CONFIG_DIR", "DVC_SYSTEM_CONFIG_DIR"):
        monkeypatch.setenv(variable, str(tmp_path / "no config of mine"))
    project = SmallProject(tmp_path / "project")
    project.run(scores(0))
    project.commit()
    project.experiment("bce", {"loss": "bce"} | scores(0.1))
    monkeypatch.chdir(project.folder)
    return project


def test_it_gives_the_words_prints_the_text_and_writes_the_folder(project, tmp_path, capsys):
    assert run([], None, "dsc", 0.01, tmp_path / "new" / "out").outcomes == ["better"]
    assert run(["main", "bce"], "bce", "dsc", 0.01, tmp_path / "other").outcomes == ["worse"]
    printed = capsys.readouterr().out
    assert "## Verdicts against main" in printed and "## Verdicts against bce" in printed
    assert f"Written to {tmp_path / 'new' / 'out'}/" in printed
    assert json.loads((tmp_path / "new" / "out" / "comparison.json").read_text())["baseline"] == "main"


def test_the_metric_and_the_margin_are_those_asked_for(project, tmp_path):
    assert run(["main", "bce"], None, "precision", 0.01, tmp_path / "out").outcomes == ["equivalent"]  # 0.5 of all
    assert run(["main", "bce"], None, "dsc", 0.2, tmp_path / "out").outcomes == ["equivalent"]  # 0.1 apart
    content = json.loads((tmp_path / "out" / "comparison.json").read_text())
    assert (content["metric"], content["margin"]) == ("dsc", 0.2)


@pytest.mark.parametrize(
    ("metric", "margin", "reported"),
    [
        ("dice", 0.01, "--metric is 'dice'; expected one of: dsc, "),
        ("dsc", 0.0, "--margin is 0.0; expected above 0 and below 1"),
        ("dsc", 1.0, "--margin is 1.0; expected above 0 and below 1"),
        ("dsc", float("nan"), "--margin is nan; expected above 0 and below 1"),
    ],
)
def test_options_are_checked_before_anything_is_read(tmp_path, monkeypatch, metric, margin, reported):
    monkeypatch.chdir(tmp_path)  # no project at all
    with pytest.raises(UserError) as error:
        run([], None, metric, margin, tmp_path / "out")
    assert str(error.value).startswith(reported)
    assert not (tmp_path / "out").exists()


def test_a_folder_to_write_to_may_be_there_or_not_but_is_no_file(tmp_path):
    check_folder(tmp_path)
    check_folder(tmp_path / "new" / "one")
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="--out is .*file, a file; expected a folder"):
        check_folder(tmp_path / "file")
