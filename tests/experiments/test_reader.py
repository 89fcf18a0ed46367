import json

import pytest

from brainseg.experiments.find import find
from brainseg.experiments.reader import read_table
from tests.compare.small_project import FILES, lock_of, state
from tests.experiments.small_found import PER_VOLUME, change, fault


def test_an_experiment_is_what_its_files_say(with_three):
    bce, workspace = find(with_three.folder, ["bce", "workspace"])
    assert bce.revision == with_three.git("rev-parse", "--verify", "refs/exps/{}/{}/bce".format(*_head(with_three)))
    assert bce.params == state({"loss": "bce"})["params"]
    assert bce.lock == lock_of(state({"loss": "bce", PER_VOLUME: FILES[PER_VOLUME] + "bce,test,0.5,0.5\n"}))
    assert bce.per_volume.index.tolist() == ["NA", "007", "bce"]  # names stay words
    assert bce.per_volume.loc["NA", "dsc"] == 0.1234567890123456789
    assert bce.history["validation_dsc"].tolist() == [0.7]
    assert bce.validation_per_epoch["patient"].tolist() == ["007"]
    assert workspace.revision == ""
    assert workspace.params == state()["params"]
    for experiment in (bce, workspace):
        assert experiment.evaluation == json.loads(FILES["metrics/evaluation.json"])
        assert experiment.training == json.loads(FILES["metrics/training.json"])
        assert experiment.timing == json.loads(FILES["metrics/timing.json"])


def _head(project) -> tuple[str, str]:
    head = project.git("rev-parse", "HEAD")
    return head[:2], head[2:]


@pytest.mark.parametrize("file", ["dvc.lock", "params.yaml", "metrics/training.json"])
def test_a_file_that_is_missing(project, file):
    project.experiment("partial", without=file)
    assert f"partial: no {file}; `dvc repro` writes it, and `git add` keeps it" in fault(project, "partial")
    (project.folder / file).unlink()
    assert f"workspace: no {file}" in fault(project, "workspace")


@pytest.mark.parametrize(
    ("text", "reported"),
    [
        ("patient,subset\n007,test\n", "lacks the columns dsc; it has patient, subset"),
        ("", "metrics/per_volume.csv: No columns to parse"),
        ("patient,subset,dsc\n1,2\n1,2,3,4,5\n", "metrics/per_volume.csv: Error tokenizing data"),
    ],
)
def test_tables_that_are_none(project, text, reported):
    project.experiment("odd", {PER_VOLUME: text})
    assert reported in fault(project, "odd")


@pytest.mark.parametrize(
    ("file", "old", "new", "reported"),
    [
        ("dvc.lock", "stages:", "nothing:", "dvc.lock has no stages"),
        ("dvc.lock", "stages:\n", "stages:\n<<<<<<< ours\n", "workspace: dvc.lock: line "),
        (
            "dvc.lock",
            "path: metrics/per_volume.csv",
            "path: other.csv",
            "stage evaluate did not write metrics/per_volume",
        ),
        ("metrics/training.json", "cpu", "gpu", "metrics/training.json is not what train wrote"),
    ],
)
def test_files_of_a_workspace_that_are_not_what_the_stages_wrote(project, file, old, new, reported):
    change(project, file, old, new)
    assert reported in fault(project, "workspace")


def test_only_an_empty_cell_or_nan_is_missing_and_no_digit_is_lost():
    table = read_table(b"patient,edge,dsc\nNA,None,0.1234567890123456789\nnan,NA,\n007,,nan\n")
    assert table.patient.tolist() == ["NA", "nan", "007"]
    assert table.edge.tolist()[:2] == ["None", "NA"] and table.edge.isna().tolist() == [False, False, True]
    assert table.dsc[0] == 0.1234567890123456789 and table.dsc.isna().tolist() == [False, True, True]


@pytest.mark.parametrize("content", ["- a\n- b\n", "just words\n", ""])
def test_params_that_are_no_keys_and_values_are_reported(project, content):
    project.write("params.yaml", content)
    assert "workspace: params.yaml: expected keys and values" in fault(project, "workspace")


ROWS = "patient,subset,dsc,iou\na,train,0.1,0.5\nb,test,0.5,0.25\n"
BAD_TABLES = {
    "nan": (
        PER_VOLUME,
        ROWS.replace("0.5,0.25", "nan,0.25"),
        "metrics/per_volume.csv: dsc of 'b' is nan; expected a num",
    ),
    "empty": (
        PER_VOLUME,
        ROWS.replace("0.5,0.25", ",0.25"),
        "metrics/per_volume.csv: dsc of 'b' is nan; expected a num",
    ),
    "infinite": (
        PER_VOLUME,
        ROWS.replace("0.5,0.25", "inf,0.25"),
        "metrics/per_volume.csv: dsc of 'b' is inf; expected",
    ),
    "a word": (
        PER_VOLUME,
        ROWS.replace("0.5,0.25", "high,0.25"),
        "metrics/per_volume.csv: dsc of 'b' is 'high'; expected",
    ),
    "twice": (PER_VOLUME, ROWS.replace("a,train", "b,train"), "metrics/per_volume.csv: 'b' is listed twice"),
    "nobody": (
        PER_VOLUME,
        "patient,subset,dsc,iou\n",
        "metrics/per_volume.csv: expected patients of train, validation",
    ),
    "another subset": (PER_VOLUME, ROWS.replace("test", "tset"), "metrics/per_volume.csv: expected patients of train"),
    "nan in an epoch": (
        "plots/history.csv",
        "epoch,train_loss,validation_loss,validation_dsc\n1,0.9,0.8,\n",
        "plots/history.csv: validation_dsc in epoch 1",
    ),
    "nan in the last epoch": (
        "plots/history.csv",
        "epoch,train_loss,validation_loss,validation_dsc\n1,0.9,0.8,0.5\n2,0.9,,\n",
        "plots/history.csv: validation_loss in epoch 2",
    ),
    "no training loss in an epoch without validation": (
        "plots/history.csv",
        "epoch,train_loss,validation_loss,validation_dsc\n1,,,\n2,0.9,0.8,0.5\n",
        "plots/history.csv: train_loss in epoch 1",
    ),
    "a patient twice in an epoch": (
        "metrics/validation_per_epoch.csv",
        "epoch,patient,dsc\n1,007,0.7\n1,007,0.8\n",
        "validation_per_epoch.csv: expected each patient once in each epoch",
    ),
    "a list": ("metrics/training.json", "[1]", "metrics/training.json: expected keys and values, found list"),
    "too deep": ("metrics/training.json", "[" * 100_000, "metrics/training.json: "),
}


def test_epochs_without_validation_have_no_figures(project):
    """As train.validate_every writes them."""
    project.experiment(
        "seldom",
        {"plots/history.csv": "epoch,train_loss,validation_loss,validation_dsc\n1,0.9,,\n2,0.8,0.7,0.6\n"},
    )
    [found] = find(project.folder, ["seldom"])
    assert found.history.validation_dsc.isna().tolist() == [True, False]


@pytest.mark.parametrize(("file", "text", "reported"), BAD_TABLES.values(), ids=BAD_TABLES)
def test_what_cannot_be_compared_is_reported_with_its_file(project, file, text, reported):
    project.experiment("odd", {file: text})
    assert f"odd: {reported}" in fault(project, "odd") or reported in fault(project, "odd")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("  train:", "  train: 5\n  other:"),
        ("md5: ", "md5: 5 #"),
        ("deps:", "deps: 5\n    other:"),
        ("path: ", "path: [1] #"),
    ],
)
def test_a_malformed_lock_is_reported(project, old, new):
    change(project, "dvc.lock", old, new)
    assert "workspace: dvc.lock" in fault(project, "workspace")


def test_a_lock_with_aliases_that_stand_for_gigabytes_is_reported(project):
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 9)}]" for k in range(1, 10)]
    project.write("dvc.lock", "\n".join(levels) + "\n")
    assert "workspace: dvc.lock: holds too many values" in fault(project, "workspace")
