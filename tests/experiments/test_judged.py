"""judged/NAME written in a workspace and read back as an experiment, and compared with others."""

import json
from pathlib import Path

import pytest

from brainseg.compare.certificate import certify
from brainseg.compare.methods import methods_of
from brainseg.compare.run import run
from brainseg.core.errors import UserError
from brainseg.core.params import read_params
from brainseg.experiments.find import find
from brainseg.experiments.judged import find_judged, is_judged, read_judged, write_record
from tests.compare.small_project import SmallProject

NUMBERS = range(10)


def table(dsc: float, patients=NUMBERS) -> str:
    return "".join(
        ["patient,subset,dsc,iou\n", *(f"p{number},test,{dsc + number / 1000:.4f},0.5\n" for number in patients)]
    )


@pytest.fixture
def project(tmp_path, monkeypatch) -> SmallProject:
    for variable in ("DVC_GLOBAL_CONFIG_DIR", "DVC_SYSTEM_CONFIG_DIR"):
        monkeypatch.setenv(variable, str(tmp_path / "no config of mine"))
    project = SmallProject(tmp_path / "project")
    at_start(project)
    monkeypatch.chdir(project.folder)
    return project


def at_start(project: SmallProject, changes: dict | None = None, split: str = "split") -> None:
    given = {"metrics/per_volume.csv": table(0.5), "split.person_pattern": "auto", "data/split.csv": split}
    project.run(given | (changes or {}))
    project.write("data/split.csv", split)
    project.write("src/brainseg/metrics/overlap.py", "dsc = 1\n")
    project.commit()


def judged(name: str, dsc: float = 0.8, patients=NUMBERS, trained_on: dict | None = None) -> Path:
    folder = Path("judged") / name
    folder.mkdir(parents=True)
    (folder / "per_volume.csv").write_text(table(dsc, patients))
    (folder / "evaluation.json").write_text(json.dumps({"selected_on": "unknown"}))
    record = {"holds": "masks", "trained_on": trained_on}
    write_record(folder, name, record, read_params(), {"threshold": 0.5, "tolerance_px": 2.0}, are_masks=True)
    return folder


def test_what_is_written_is_read(project):
    experiment = read_judged(judged("nnunet-fold0"))
    assert (experiment.name, experiment.judged["method"]) == ("judged/nnunet-fold0", "nnunet")
    assert experiment.per_volume.loc["p3", "dsc"] == 0.803
    assert list(experiment.code) == ["src/brainseg/metrics/overlap.py"]
    assert experiment.lock["evaluate"]["params"]["params.yaml"] == {"evaluate": {"tolerance_px": 2.0}}  # no threshold
    assert is_judged("judged/x") and not is_judged("judged")


def test_a_comparison_with_an_experiment(project, tmp_path, capsys):
    judged("nnunet")
    assert run(["workspace", "judged/nnunet"], None, "dsc", 0.01, tmp_path / "out").outcomes == ["better"]
    printed = capsys.readouterr().out
    assert (
        "- judged/nnunet and workspace: same data, split and code that scores; another network, all of its training "
        "(brainseg → nnunet)."
    ) in printed
    assert (
        "**Warning**: judged/nnunet was made elsewhere: its training patients, its training time and its choices are "
        "not known."
    ) in printed
    assert "made elsewhere" in (tmp_path / "out" / "methods.csv").read_text()
    assert run(["judged/nnunet", "workspace"], None, "dsc", 0.01, tmp_path / "out").outcomes == ["worse"]


def test_two_judged_ones_and_a_pattern(project, tmp_path, capsys):
    judged("nnunet"), judged("monai", 0.6)
    assert [experiment.name for experiment in find_judged(project.folder, "judged/*")] == [
        "judged/monai",
        "judged/nnunet",
    ]
    assert run(["judged/*"], None, "dsc", 0.01, tmp_path / "out").outcomes == ["better"]
    printed = capsys.readouterr().out
    assert "another network, all of its training (monai → nnunet)" in printed and "The best epoch" not in printed


def test_given_training_patients_are_reported(project):
    experiment = read_judged(judged("x", trained_on={"file": "t.csv", "patients": 5}))
    [warning] = certify(find(project.folder, ["workspace"])[0], experiment).confounds
    assert warning == (
        "judged/x was made elsewhere: its training time and its choices are not known; by t.csv none of the held-out "
        "persons trained it"
    )


def test_another_split_other_data_and_other_code_are_reported(project):
    workspace = find(project.folder, ["workspace"])[0]
    before = read_judged(judged("before"))
    at_start(project, {"data/raw": "other"}, split="other")
    project.write("src/brainseg/metrics/overlap.py", "dsc = 2\n")
    after = read_judged(judged("after"))
    assert list(certify(workspace, before).differs) == ["network"]
    certificate = certify(workspace, after)
    assert list(certificate.differs) == ["data", "code", "network"]  # with other data the split always differs
    assert certificate.sentence().startswith("nothing that is known is the same; another network")
    assert any(line.startswith("data differ") for line in certificate.confounds)


def test_folds_of_one_method_are_pooled(project, tmp_path):
    for fold in (0, 1):
        changes = {"split.strategy": "kfold", "split.fold": fold}
        at_start(project, changes, split=f"fold {fold}")
        judged(f"nnunet-fold{fold}", 0.8, NUMBERS[5 * fold : 5 * fold + 5])
    [method], notes = methods_of(find_judged(project.folder, "judged/nnunet-*"), "dsc")
    assert method.name == "judged/nnunet" and method.folds.tolist() == [0] * 5 + [1] * 5 and notes == []


@pytest.mark.parametrize(
    ("file", "content", "reported"),
    [
        ("per_volume.csv", "patient,subset,dsc\n", "per_volume.csv: was changed after it was written"),
        ("judged.json", "{}", "judged.json: name is missing or no str"),
        ("judged.json", "{", "judged.json: not valid JSON"),
    ],
)
def test_a_damaged_folder_is_one_line(project, file, content, reported):
    (judged("x") / file).write_text(content)
    with pytest.raises(UserError, match=reported):
        find_judged(project.folder, "judged/x")


def test_a_name_that_is_not_there_is_one_line_and_ensembles_take_none(project):
    judged("x")
    with pytest.raises(UserError, match="judged/y: no judged masks; there are: judged/x; `brainseg judge` writes them"):
        find_judged(project.folder, "judged/y")
    with pytest.raises(UserError, match="'judged/x' is no experiment"):
        find(project.folder, ["judged/x"])
