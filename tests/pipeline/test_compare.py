"""What `compare` reads is what DVC keeps, and reading leaves the project as it is."""

import csv
import json
import re
from io import StringIO

import pandas as pd
import pytest

from brainseg.compare.certificate import certify
from brainseg.experiments.find import all_evaluated, find

pytestmark = pytest.mark.slow


def test_experiments_are_read_as_dvc_stores_them(reproduced, tmp_path):
    project = reproduced.copy_to(tmp_path / "project")
    project.run("dvc", "exp", "run", "-n", "bce", "-S", "loss=bce")
    tables = {"per_volume": "metrics/per_volume.csv", "history": "plots/history.csv"}
    tables |= {"validation_per_epoch": "metrics/validation_per_epoch.csv"}
    left = {name: pd.read_csv(project.folder / path) for name, path in tables.items()}
    project.run("dvc", "exp", "run", "-n", "sgd", "-S", "loss=dice", "-S", "optim=sgd")
    shown = csv.DictReader(StringIO(project.run("dvc", "exp", "show", "--csv", "--no-pager")))
    rows = {row["Experiment"] or row["rev"]: row for row in shown}

    before = everything(project)
    head, bce, sgd = find(project.folder, [])
    workspace = find(project.folder, ["workspace"])[0]
    assert len(all_evaluated(project.folder)) == 3
    assert everything(project) == before

    assert (bce.name, sgd.name, workspace.lock) == ("bce", "sgd", sgd.lock)
    for experiment in (head, bce, sgd):
        row = rows[experiment.name]
        assert float(row["test.dsc.mean"]) == experiment.evaluation["test"]["dsc"]["mean"]
        assert (row["loss"], row["optim"]) == (experiment.params["loss"], experiment.params["optim"])
        test = experiment.per_volume[experiment.per_volume["subset"] == "test"]
        assert abs(test["dsc"].mean() - experiment.evaluation["test"]["dsc"]["mean"]) < 1e-12
    for name, table in left.items():
        pd.testing.assert_frame_equal(getattr(bce, name).reset_index(drop=name != "per_volume"), table)
    training = json.loads(project.run("git", "show", f"{bce.revision}:metrics/training.json"))
    assert bce.training == training

    same = "same data, split, code and other settings; only the"
    assert certify(head, bce).sentence() == f"{same} loss differs (dice → bce)"
    assert certify(head, sgd).sentence().startswith(f"{same} optimizer differs (adam → sgd, lr ")
    assert certify(bce, sgd).confounds[0].startswith("loss and optimizer both differ")

    reported = project.run("brainseg", "compare", "--fail-if", "worse")
    assert everything(project, but="comparison") == before
    content = json.loads((project.folder / "comparison" / "comparison.json").read_text())
    assert list(content["methods"]) == [head.name, "bce", "sgd"] and content["baseline"] == head.name
    for experiment in (head, bce, sgd):
        row = content["methods"][experiment.name]
        assert abs(row["mean"] - experiment.evaluation["test"]["dsc"]["mean"]) < 1e-12
        assert abs(row["minutes_an_epoch"] - experiment.timing["seconds_per_epoch"] / 60) < 1e-12
    assert reported.startswith("# 3 methods, 3 experiments, ")
    assert "inconclusive" in reported  # of so few patients
    assert f"- bce and {head.name}: {same} loss differs (dice → bce)." in reported
    assert (project.folder / "comparison" / "strata.png").is_file()
    page = (project.folder / "comparison" / "report.html").read_text()
    [volume] = re.findall(r'id="volume-0">(.*?)</script>', page)  # the masks of all three are in DVC's cache
    assert [mask["name"] for mask in json.loads(volume)["masks"]] == ["truth", head.name, "bce", "sgd"]


def everything(project, but: str = "nothing") -> dict:
    """All files, the repository included, and what git says of them; but for one folder."""
    status = project.run("git", "status", "--porcelain")
    files = [path for path in project.folder.rglob("*") if path.is_file() and project.folder / but not in path.parents]
    return {"status": status} | {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in files}
