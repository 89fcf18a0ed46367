"""Outputs come out of DVC's cache whole; DVC's file system is made up."""

import hashlib
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from dvc.exceptions import FileMissingError
from dvc_data.index import DataIndexDirError

from brainseg.core.errors import UserError
from brainseg.experiments import outputs
from brainseg.experiments.outputs import copy_output

WEIGHTS = b"the weights"


@pytest.fixture
def experiment(tmp_path, monkeypatch) -> SimpleNamespace:
    """Its data/weights holds last.pt; a fault is what DVC raises instead."""

    def get(path: str, to: str, recursive: bool) -> None:
        if experiment.fault:
            raise experiment.fault
        Path(to).mkdir()
        (Path(to) / "last.pt").write_bytes(WEIGHTS)

    lock = {"split": {}, "train": {"outs": [{"path": "data/weights", "md5": "0123.dir"}]}}
    experiment = SimpleNamespace(name="one", revision="sha", lock=lock, fault=None)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(outputs, "DVCFileSystem", lambda url, rev: SimpleNamespace(get=get))
    monkeypatch.setattr(outputs, "how_to_get", lambda folder, revision: f"get {revision} with dvc")
    return experiment


def listing(tmp_path: Path, content: str) -> None:
    """What DVC's cache keeps of a folder: the digest of each file."""
    path = tmp_path / ".dvc" / "cache" / "files" / "md5" / "01" / "23.dir"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


def of(content: bytes, name: str = "last.pt") -> str:
    return json.dumps([{"md5": hashlib.md5(content).hexdigest(), "relpath": name}])


def test_a_whole_output_is_copied(experiment, tmp_path):
    listing(tmp_path, of(WEIGHTS))
    copy_output(experiment, "data/weights", tmp_path / "new" / "one")
    assert (tmp_path / "new" / "one" / "last.pt").read_bytes() == WEIGHTS


@pytest.mark.parametrize("content", [of(b"as they were"), of(WEIGHTS, "best.pt")], ids=["other bytes", "a file less"])
def test_an_output_that_is_damaged_in_the_cache_is_refused(experiment, tmp_path, content):
    listing(tmp_path, content)
    with pytest.raises(
        UserError, match=r"^one: data/weights/\w+\.pt is damaged in DVC's cache \(.*\); remove that file"
    ):
        copy_output(experiment, "data/weights", tmp_path / "one")


@pytest.mark.parametrize("content", ["[", "[1]", "{}x", '[{"md5": 1}]'])
def test_a_listing_that_is_damaged_is_reported(experiment, tmp_path, content):
    listing(tmp_path, content)
    with pytest.raises(UserError, match=r"23\.dir: is damaged; remove it"):
        copy_output(experiment, "data/weights", tmp_path / "one")


def test_an_output_that_is_not_here_is_reported(experiment, tmp_path):
    experiment.fault = FileMissingError("data/weights")
    with pytest.raises(UserError, match=r"^one: data/weights is not in DVC's cache \(.*\); get sha with dvc$"):
        copy_output(experiment, "data/weights", tmp_path / "one")


def test_the_reason_is_what_the_remote_said_first(experiment, tmp_path):
    experiment.fault = DataIndexDirError("failed to load directory ('data', 'weights')")
    experiment.fault.__cause__ = ValueError("Unable to\n locate credentials")
    with pytest.raises(UserError, match=r"^one: .* cache \(Unable to locate credentials\); get sha with dvc$"):
        copy_output(experiment, "data/weights", tmp_path / "one")
