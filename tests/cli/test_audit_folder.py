import shutil
from pathlib import Path

import pytest

from brainseg.cli.audit_folder import audit
from brainseg.core.errors import UserError
from tests.audit.conftest import patients  # noqa: F401  (a fixture)
from tests.conftest import ROOT


@pytest.fixture
def project(tmp_path, monkeypatch, patients):  # noqa: F811
    """A workspace with patients, without a split."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "raw").symlink_to(patients)
    shutil.copy(ROOT / "params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_of_the_workspace_the_split_and_the_terms_are_known(project, capsys):
    split = project / "data" / "split.csv"
    split.write_text("patient,subset\nMADE_NORTH_0,train\nrenamed,test\n")
    audit(None, None, project / "out")
    reported = capsys.readouterr().out.splitlines()
    assert any(line.startswith("warning: MADE_NORTH_0 (train) and renamed (test)") for line in reported)
    assert "licence of the data: none needed: generated images" in reported
    assert reported[-1].endswith("/out/: audit.html, findings.csv, audit.json")
    assert sorted(path.name for path in (project / "out").iterdir()) == ["audit.html", "audit.json", "findings.csv"]


@pytest.mark.parametrize(
    ("given", "split", "reported"),
    [
        (
            None,
            None,
            "data/raw: no such folder; run `dvc pull` or `dvc repro split` first, or name a folder of patients",
        ),
        ("none", None, "none: no such folder; expected a folder"),
        (".", "no.csv", "no.csv: no such file; expected a CSV file of patient and subset"),
    ],
)
def test_what_is_missing_is_one_line_and_nothing_is_written(tmp_path, monkeypatch, given, split, reported):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError) as error:
        audit(Path(given) if given else None, Path(split) if split else None, Path("out"))
    assert str(error.value) == reported and not list(tmp_path.iterdir())
