import json

import pandas as pd
import pytest

from brainseg.core.errors import UserError
from brainseg.data import paths
from brainseg.data.tables import write_table
from brainseg.pages.run.tables import md5, read_tables
from tests.pages.small_run import summary, tables


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with the files of the small run."""
    monkeypatch.chdir(tmp_path)
    small = tables()
    for path, table in (
        (paths.PER_VOLUME, small.per_volume),
        (paths.HISTORY, small.history),
        (paths.VALIDATION_PER_EPOCH, small.per_epoch),
        (paths.BY_THRESHOLD, small.by_threshold),
        (paths.RELIABILITY, small.reliability),
        (paths.ROBUSTNESS, small.robustness),
    ):
        write_table(path, table)
    robustness = {key: value for key, value in small.perturbed.items() if key != "kinds"} | small.perturbed["kinds"]
    for path, record in (
        (paths.EVALUATION, {**small.evaluation, "test": summary(4)}),
        (paths.TRAINING, small.training),
        (paths.TIMING, small.timing),
        (paths.ROBUSTNESS_SUMMARY, robustness),
    ):
        path.write_text(json.dumps(record))
    return tmp_path


def test_they_are_read_as_they_were_written(folder):
    found, small = read_tables(tables().params), tables()
    assert (found.subset, found.strength, found.summary) == ("test", "strong", small.summary)
    assert found.held_out.dsc.tolist() == small.per_volume.dsc[:4].tolist()
    assert (found.perturbed, found.training, found.timing) == (small.perturbed, small.training, small.timing)
    assert found.evaluation == small.evaluation and found.scores_md5 == md5(paths.PER_VOLUME)


def test_the_strongest_change_that_was_computed_is_shown(folder):
    weak = tables().robustness.replace({"strength": {"strong": "weak"}})
    write_table(paths.ROBUSTNESS, pd.concat([weak, weak.replace({"strength": {"weak": "medium"}})]))
    found = read_tables(tables().params)
    assert found.strength == "medium" and set(found.robustness.strength) == {"none", "medium"}


@pytest.mark.parametrize(
    ("path", "change", "fault"),
    [
        (
            paths.PER_VOLUME,
            lambda table: table.assign(dsc=[float("nan"), *table.dsc[1:]]),
            "dsc is missing or infinite",
        ),
        (paths.BY_THRESHOLD, lambda table: table.assign(subset="train"), "no row of the test patients"),
        (paths.VALIDATION_PER_EPOCH, lambda table: table.iloc[1:], "expected each patient once in each epoch"),
        (paths.ROBUSTNESS, lambda table: table[table.kind != "none"], "lacks the images as they are"),
        (paths.ROBUSTNESS, lambda table: table.assign(strength="none"), "lacks the images as they are, or changed"),
        (paths.RELIABILITY, lambda table: table.assign(voxels=float("inf")), "voxels is missing or infinite"),
        (paths.HISTORY, lambda table: table.assign(train_loss=float("inf")), "train_loss is missing or infinite"),
        (paths.HISTORY, lambda table: table.assign(epoch=[None, *table.epoch[1:]]), "epoch is missing or infinite"),
    ],
)
def test_a_table_that_does_not_fit_is_named(folder, path, change, fault):
    write_table(path, change(pd.read_csv(path, keep_default_na=False, na_values=[""])))
    with pytest.raises(UserError, match=f"{path}: {fault}"):
        read_tables(tables().params)


def test_a_summary_of_other_patients_is_named(folder):
    paths.EVALUATION.write_text(json.dumps(tables().evaluation))
    with pytest.raises(UserError, match=f"{paths.EVALUATION}: test is None; expected a block with: "):
        read_tables(tables().params)


def test_md5_is_that_of_dvc(tmp_path):
    (tmp_path / "a").write_bytes(b"hello")
    assert md5(tmp_path / "a") == "5d41402abc4b2a76b9719d911017c592"
