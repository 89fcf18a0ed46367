"""The files of experiments/, as they are."""

import pytest

from brainseg.core.params import read_params
from brainseg.sweep.plan import Row, filter_rows, plan
from brainseg.sweep.sweep_file import read_sweep
from tests.conftest import ROOT

FILES = sorted((ROOT / "experiments").glob("*.yaml"))


@pytest.fixture(autouse=True)
def in_the_project(monkeypatch):
    """Where data/own is, which params.yaml names."""
    monkeypatch.chdir(ROOT)


def rows_of(name: str, changes: dict | None = None) -> list[Row]:
    return plan(
        read_sweep(ROOT / "experiments" / f"{name}.yaml"), name, read_params(ROOT / "params.yaml"), changes or {}
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_file_is_planned_without_fault(path):
    rows = rows_of(path.stem)
    assert len({row.name for row in rows}) == len(rows) > 1


SGD = {"lr": 1e-3, "momentum": 0.9, "weight_decay": 1e-4}
REPORT = [  # arch, optim, loss, epochs, batch
    ("unet", "adam", "dice", 100, 16),
    ("unet", "adam", "bce", 40, 16),
    ("unet", "adam", "log_cosh_dice", 25, 20),
    ("unet", "adam", "shape_aware", 50, 20),
    ("unet", "sgd", "dice", 100, 20),
    ("unet", "sgd", "bce", 70, 20),
    ("unet", "sgd", "log_cosh_dice", 60, 20),
    ("unet", "sgd", "shape_aware", 60, 20),
    ("unetpp", "adam", "dice", 50, 20),
    ("unetpp", "adam", "log_cosh_dice", 70, 16),
    ("unetpp", "adam", "log_cosh_dice", 60, 20),
]


def test_the_report_has_the_reports_eleven_rows():
    found = [
        (*(row.params[key] for key in ("arch", "optim", "loss")), row.epochs, row.params["train"]["batch_size"])
        for row in rows_of("report")
    ]
    assert sorted(found) == sorted(REPORT)


def test_the_report_has_the_reports_learning_rates():
    for row in rows_of("report"):
        optim = row.params["optims"][row.params["optim"]]
        if row.params["optim"] == "adam":
            assert optim["lr"] == 1e-4
        else:
            assert {key: optim[key] for key in SGD} == SGD
        assert row.params["schedule"] == "constant"


def test_the_report_has_the_reports_patients_size_and_networks():
    for row in rows_of("report"):
        assert row.params["data"] == "lgg"
        assert (row.params["split"]["strategy"], row.params["split"]["set_aside"]) == ("report", "nobody")
        assert row.params["preprocess"]["side_px"] == 256
        assert row.params["archs"][row.params["arch"]]["features"] == 32
        assert row.params["predict"]["weights"] == "best"


def test_a_row_of_the_report_is_called_what_it_is():
    for row in rows_of("report"):
        begin = "unetpp" if row.params["arch"] == "unetpp" else row.params["optim"]
        assert row.short.startswith(f"{begin}-{row.params['loss']}")


def test_fair_is_on_equal_terms():
    rows = rows_of("fair")
    terms = [
        (row.epochs, row.params["train"], row.params["schedule"], row.params["preprocess"], row.params["split"])
        for row in rows
    ]
    assert all(its == terms[0] for its in terms)
    assert {row.params["archs"][row.params["arch"]]["features"] for row in rows} == {8}


def test_each_row_of_fair_has_three_seeds():
    seeds: dict[str, list[int]] = {}
    for row in rows_of("fair"):
        name, _, seed = row.short.rpartition("-seed")
        assert row.params["seed"] == int(seed)
        seeds.setdefault(name, []).append(int(seed))
    assert list(seeds.values()) == [[0, 1, 2]] * 10


def test_fair_asks_what_the_report_asks():
    def asked(name: str) -> set[tuple]:
        return {tuple(row.params[key] for key in ("arch", "optim", "loss")) for row in rows_of(name)}

    assert asked("fair") == asked("report")


@pytest.mark.parametrize("optim", ["adam", "sgd"])
def test_the_rates_are_chosen_without_the_reports_ten_at_fairs_size_and_budget(optim):
    fair, rates = rows_of("fair")[0].params, rows_of(f"rates_{optim}")
    assert {row.params["optim"] for row in rates} == {optim}
    for row in rates:
        assert row.params["split"]["set_aside"] == "report"
        assert (row.params["train"], row.params["preprocess"]) == (fair["train"], fair["preprocess"])
        assert row.params["schedule"] == fair["schedule"]
    assert read_sweep(ROOT / "experiments" / f"rates_{optim}.yaml").until == "train"


@pytest.mark.parametrize("optim", ["adam", "sgd"])
def test_fairs_rates_are_among_those_that_were_tried(optim):
    tried = {(row.params["loss"], row.params["optims"][optim]["lr"]) for row in rows_of(f"rates_{optim}")}
    fair = [row for row in rows_of("fair") if row.params["optim"] == optim]
    assert {(row.params["loss"], row.params["optims"][optim]["lr"]) for row in fair} <= tried


def test_cv5_tests_five_folds_of_each_row():
    rows = rows_of("cv5")
    for name in ("report", "ours"):
        assert [row.params["split"]["fold"] for row in filter_rows(rows, [f"{name}-*"])] == [0, 1, 2, 3, 4]
    assert {(row.params["split"]["strategy"], row.params["split"]["folds"]) for row in rows} == {("kfold", 5)}


SAID = [  # what the files say to run
    ("report", {"predict.weights": "last"}, 11),
    ("report", {"preprocess.side_px": 64, "archs.unet.features": 8, "archs.unetpp.features": 8}, 11),
    ("cv5", {"split.set_aside": "report"}, 10),
]


@pytest.mark.parametrize(("name", "changes", "count"), SAID)
def test_what_the_files_say_to_run_is_planned_without_fault(name, changes, count):
    assert len(rows_of(name, changes)) == count
