import json

import pytest

from brainseg.core.errors import UserError
from brainseg.sweep.project import Project
from brainseg.sweep.ranking import ranking
from tests.sweep.small_sweep import SmallProject, row, state


class Ranked:
    """Rows that were run: their settings, the validation DSC of the last epoch, and the seconds of training."""

    def __init__(self, project: SmallProject) -> None:
        self.project, self.rows, self.revisions = project, [], {}

    def run(self, short: str, changes: dict, dsc: float, seconds: float = 60.0) -> None:
        ran = row(short, changes)
        training = {"validation_dsc": {"last_epoch": dsc, "best_epoch": 0.99}}
        written = {"metrics/training.json": json.dumps(training)}
        written["metrics/timing.json"] = json.dumps({"training_seconds": seconds})
        self.rows.append(ran)
        self.revisions[ran.name] = self.project.experiment(ran.name, changes | written)

    def table(self) -> list[dict]:
        project = Project(self.project.folder, self.project.folder, self.project.folder, "", self.project.folder)
        return ranking(project, self.rows, self.revisions).to_dict("records")


@pytest.fixture
def ranked(tmp_path) -> Ranked:
    project = SmallProject(tmp_path / "project")
    project.run()
    project.commit()
    return Ranked(project)


def test_the_best_by_the_last_epochs_validation_dsc_is_first(ranked):
    ranked.run("dice", {"loss": "dice"}, 0.6, seconds=90)
    ranked.run("bce", {"loss": "bce"}, 0.8, seconds=30)
    ranked.run("log_cosh_dice", {"loss": "log_cosh_dice"}, 0.7, seconds=60)
    assert ranked.table() == [
        {"loss": "bce", "validation_dsc": 0.8, "rows": 1, "minutes": 0.5},
        {"loss": "log_cosh_dice", "validation_dsc": 0.7, "rows": 1, "minutes": 1.0},
        {"loss": "dice", "validation_dsc": 0.6, "rows": 1, "minutes": 1.5},
    ]


def test_seeds_and_folds_are_one_setting(ranked):
    for seed, dsc in ((0, 0.5), (1, 0.75)):
        for fold in (0, 1):
            ranked.run(f"dice-{seed}-{fold}", {"seed": seed, "split.fold": fold}, dsc, seconds=60 * (1 + fold))
    ranked.run("bce-0-0", {"loss": "bce"}, 0.7)
    assert ranked.table() == [
        {"loss": "bce", "validation_dsc": 0.7, "rows": 1, "minutes": 1.0},
        {"loss": "dice", "validation_dsc": 0.625, "rows": 4, "minutes": 6.0},  # 1 + 2 + 1 + 2
    ]


def test_all_that_varies_is_shown_by_its_key_and_nothing_else(ranked):
    ranked.run("a", {"optims.adam.lr": 0.001, "augment.flip": 0.0, "train.epochs": 7}, 0.5)
    ranked.run("b", {"optims.adam.lr": 0.001, "augment.flip": 0.5, "train.epochs": 7}, 0.6)
    ranked.run("c", {"optims.adam.lr": 0.01, "augment.flip": 0.5, "train.epochs": 7}, 0.7)
    measured = {"rows": 1, "minutes": 1.0}
    assert ranked.table() == [
        {"augment.flip": "0.5", "optims.adam.lr": "0.01", "validation_dsc": 0.7} | measured,
        {"augment.flip": "0.5", "optims.adam.lr": "0.001", "validation_dsc": 0.6} | measured,
        {"augment.flip": "0.0", "optims.adam.lr": "0.001", "validation_dsc": 0.5} | measured,
    ]


@pytest.mark.parametrize("key", ["split.seed", "preprocess.side_px", "datasets.phantom.patients"])
def test_settings_that_are_judged_by_other_patients_or_on_another_grid_are_not_ranked(ranked, key):
    ranked.run("a", {key: 7}, 0.5)
    ranked.run("b", {key: 8}, 0.6)
    with pytest.raises(UserError, match=f"{key} varies: validation DSC is of other patients, or on another grid"):
        ranked.table()


def test_the_patients_that_are_reported_choose_nothing(ranked):
    ranked.run("a", {"split.strategy": "report", "loss": "dice"}, 0.5)
    ranked.run("b", {"split.strategy": "report", "loss": "bce"}, 0.6)
    with pytest.raises(UserError, match="split.strategy is report"):
        ranked.table()


def test_of_equals_the_first_row_is_first(ranked):
    for loss in ("log_cosh_dice", "bce", "dice"):
        ranked.run(loss, {"loss": loss}, 0.5)
    assert [line["loss"] for line in ranked.table()] == ["log_cosh_dice", "bce", "dice"]


def test_one_setting_has_no_rank(ranked):
    ranked.run("seed0", {"seed": 0}, 0.5)
    assert ranked.table() == []
    ranked.run("seed1", {"seed": 1}, 0.6)
    assert ranked.table() == []


def test_the_workspace_has_no_part_in_it(ranked):
    ranked.run("dice", {"loss": "dice"}, 0.6)
    ranked.run("bce", {"loss": "bce"}, 0.8)
    before = ranked.table()
    ranked.project.write("metrics/training.json", "{}")
    assert ranked.table() == before
    assert ranked.rows[0].params == state()["params"]
