import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from brainseg.core.errors import UserError
from brainseg.sweep.plan import Row, filter_rows, plan, with_changes
from brainseg.sweep.sweep_file import Range, SweepFile
from tests.conftest import ROOT
from tests.scans.small_scans import touch


@pytest.fixture(autouse=True)
def in_the_project(monkeypatch):
    """Where data/own is, which params.yaml names."""
    monkeypatch.chdir(ROOT)


def planned(params: dict, overrides: dict | None = None, **parts: object) -> list[Row]:
    return plan(SweepFile(**parts), "tune", params, overrides or {})


def fault(params: dict, overrides: dict | None = None, **parts: object) -> str:
    with pytest.raises(UserError) as error:
        planned(params, overrides, **parts)
    return str(error.value)


def test_each_row_meets_each_point_of_the_grid_in_the_files_order(params):
    rows = planned(
        params, rows={"small": {}, "large": {"archs.unet.features": 16}}, grid={"seed": [0, 1], "loss": ["dice", "bce"]}
    )
    assert [row.name for row in rows] == [
        f"tune-{name}-seed{seed}-{loss}" for name in ("small", "large") for seed in (0, 1) for loss in ("dice", "bce")
    ]
    assert [row.short for row in rows] == [row.name.removeprefix("tune-") for row in rows]
    assert rows[-1].changes == {"archs.unet.features": 16, "seed": 1, "loss": "bce"}


def test_random_draws_are_the_same_for_each_row(params):
    rows = planned(
        params,
        rows={"dice": {"loss": "dice"}, "bce": {"loss": "bce"}},
        random={"count": 3, "seed": 0, "ranges": {"optims.adam.lr": Range(low=1e-4, high=1e-2, scale="log")}},
    )
    rates = [row.params["optims"]["adam"]["lr"] for row in rows]
    assert len(rows) == 6 and len(set(rates)) == 3
    assert rates[:3] == rates[3:]
    assert rows[0].name == f"tune-dice-lr{rates[0]:g}"


def test_a_row_is_called_after_the_sweep_and_itself(params):
    [row] = planned(params, rows={"adam-dice": {"seed": 1}})
    assert (row.name, row.short) == ("tune-adam-dice", "adam-dice")


def test_the_later_of_base_row_grid_and_set_counts(params):
    base = {"train.epochs": 2, "train.batch_size": 2, "seed": 2, "plot.dpi": 50}
    [row] = planned(
        params,
        {"plot.dpi": 80},
        base=base,
        rows={"a": {"train.batch_size": 3, "plot.dpi": 60}},
        grid={"seed": [4]},
    )
    assert row.changes == {"train.epochs": 2, "train.batch_size": 3, "seed": 4, "plot.dpi": 80}
    assert row.epochs == 2


def test_a_rows_params_are_all_of_params_yaml_and_its_changes(params):
    [row] = planned(params, rows={"a": {"optims.adam.lr": 0.5, "input.channels": ["flair"]}})
    assert row.params["optims"]["adam"] == params["optims"]["adam"] | {"lr": 0.5}
    assert row.params["input"] == {"channels": ["flair"], "neighbours": params["input"]["neighbours"]}
    assert {key: value for key, value in row.params.items() if key not in ("optims", "input")} == {
        key: value for key, value in params.items() if key not in ("optims", "input")
    }


def test_params_stay_as_they_are(params):
    before = repr(params)
    planned(params, {"loss": "bce"}, rows={"a": {"optims.adam.lr": 0.5}})
    assert repr(params) == before


def test_what_set_makes_one_is_one_row_without_it_in_its_name(params):
    rows = planned(params, {"seed": 7}, grid={"seed": [0, 1, 2], "loss": ["dice", "bce"]})
    assert [row.name for row in rows] == ["tune-dice", "tune-bce"]
    assert [row.params["seed"] for row in rows] == [7, 7]
    [row] = planned(params, {"seed": 7}, grid={"seed": [0, 1, 2]})
    assert (row.name, row.short) == ("tune", "tune")


def test_numbers_that_differ_are_never_one_row(params):
    with suppress(UserError):  # to refuse them is right, to drop one is not
        assert len(planned(params, grid={"optims.adam.lr": [0.0012345671, 0.0012345672]})) == 2


def folders(tmp_path: Path, *names: str) -> list[str]:
    for name in names:
        (tmp_path / name).mkdir(parents=True)
    return [str(tmp_path / name) for name in names]


def test_words_that_differ_are_never_one_row(params, tmp_path):
    with suppress(UserError):
        assert len(planned(params, grid={"datasets.folder.path": folders(tmp_path, "my own", "my_own")})) == 2


@pytest.mark.parametrize("name", ["a..b", "own.lock", "own.", "own-"])
def test_every_name_is_one_that_git_takes(params, tmp_path, name):
    with suppress(UserError):
        [row] = planned(params, grid={"datasets.folder.path": folders(tmp_path, name)})
        assert subprocess.run(["git", "check-ref-format", f"refs/exps/ab/cd/{row.name}"]).returncode == 0


@pytest.mark.parametrize("name", ["my sweep", "a/b", "-a", "a.lock"])
def test_the_sweeps_name_is_checked(params, name):
    with pytest.raises(UserError, match=f"the sweep's name '{name}': expected letters"):
        plan(SweepFile(rows={"a": {}}), name, params, {})


def test_a_rows_name_is_checked(params):
    assert "rows: 'a b': expected letters" in fault(params, rows={"a b": {}})


@pytest.mark.parametrize(
    ("key", "reported"),
    [
        ("train.epoch", "train.epoch is no setting of params.yaml; did you mean train.epochs?"),
        ("optims.adam", "optims.adam is no setting of params.yaml; did you mean optims.adam.lr?"),
        ("los", "los is no setting of params.yaml; did you mean loss?"),
        ("zzz", "zzz is no setting of params.yaml; `brainseg sweep` sets only keys that are there"),
        ("", " is no setting of params.yaml"),
        ("loss.dice", "loss.dice is no setting of params.yaml"),
        ("losses.bce", "losses.bce is no setting of params.yaml"),
    ],
)
def test_a_key_that_is_none_is_reported_with_one_that_is(params, key, reported):
    assert reported in fault(params, rows={"a": {key: 1}})
    assert reported in fault(params, {key: 1}, grid={"seed": [0]})
    with pytest.raises(UserError):
        with_changes(params, {key: 1}, "tune-a")


def test_a_fault_of_all_rows_is_reported_once(params):
    reported = fault(params, base={"train.epochs": 0}, grid={"seed": [0, 1]})
    assert reported == "all rows: params.yaml: train.epochs is 0; expected greater than or equal to 1"


def test_a_fault_of_some_rows_is_reported_once_with_three_of_them_at_most(params):
    reported = fault(params, rows={"good": {}, "bad": {"train.epochs": 0}}, grid={"seed": [0, 1, 2, 3, 4]})
    assert reported.startswith(
        "tune-bad-seed0, tune-bad-seed1, tune-bad-seed2 and 2 more: params.yaml: train.epochs is 0;"
    )
    reported = fault(params, rows={"good": {}, "bad": {"train.epochs": 0}}, grid={"seed": [0, 1, 2]})
    assert reported.startswith("tune-bad-seed0, tune-bad-seed1, tune-bad-seed2: params.yaml: train.epochs is 0;")


def test_all_faults_of_all_rows_are_reported(params):
    reported = fault(
        params, rows={"a": {"loss": "dise"}, "b": {"preprocess.side_px": 72}, "c": {"seed": -1, "plot.dpi": 1}}
    )
    assert [line.split(";")[0] for line in reported.splitlines()] == [
        "tune-a: params.yaml: loss is 'dise'",
        "tune-b: params.yaml: preprocess.side_px is 72",
        "tune-c: params.yaml: seed is -1",
        "tune-c: params.yaml: plot.dpi is 1",
    ]


def test_own_patients_are_at_an_absolute_path_that_is_there(params, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    [own] = folders(tmp_path, "own")
    folders(tmp_path, "data/own", "data/own_volumes")
    assert len(planned(params, rows={"a": {"data": "folder", "datasets.folder.path": own}})) == 1
    assert len(planned(params, rows={"a": {"data": "phantom", "datasets.folder.path": "own"}})) == 1  # nobody reads it
    reported = fault(params, rows={"a": {"data": "folder", "datasets.folder.path": "own"}})
    assert reported.startswith("tune-a: params.yaml: datasets.folder.path is 'own'; expected")
    assert "expected an absolute path" in reported
    for name in ("A", "B"):
        touch(*(tmp_path / "own" / name / f"{name}-{word}.nii.gz" for word in ("t1n", "t2f", "t1c", "seg")))
    assert len(planned(params, rows={"a": {"data": "nifti", "datasets.nifti.path": own}})) == 1
    reported = fault(params, rows={"a": {"data": "nifti", "datasets.nifti.path": "own"}})
    assert reported.startswith("tune-a: params.yaml: datasets.nifti.path is 'own'; expected an absolute path")


def test_own_patients_that_are_not_there_are_reported_once(params, tmp_path):
    reported = fault(params, rows={"a": {"data": "folder", "datasets.folder.path": str(tmp_path / "none")}})
    assert "expected no such" not in reported
    assert "\n" not in reported


def test_a_path_that_is_none_is_reported(params):
    assert "datasets.folder.path is 5; expected" in fault(params, {"datasets.folder.path": 5}, rows={"a": {}})


def test_a_params_yaml_without_a_data_set_that_is_not_chosen_will_do(params):
    datasets = {name: block for name, block in params["datasets"].items() if name != "folder"}
    assert len(planned(params | {"datasets": datasets}, rows={"a": {"data": "phantom"}})) == 1


@pytest.fixture
def rows(params) -> list[Row]:
    return planned(
        params, rows={"adam-dice": {}, "adam-bce": {"loss": "bce"}, "sgd-dice": {"optim": "sgd"}}, grid={"seed": [0, 1]}
    )


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        ([], [0, 1, 2, 3, 4, 5]),
        (["adam-*"], [0, 1, 2, 3]),
        (["tune-adam-*"], [0, 1, 2, 3]),
        (["*"], [0, 1, 2, 3, 4, 5]),
        (["sgd-dice-seed1"], [5]),
        (["tune-sgd-dice-seed1"], [5]),
        (["*-seed1", "adam-bce-*"], [1, 2, 3, 5]),
        (["sgd-*", "adam-dice-seed0", "adam-*-seed0"], [0, 2, 4, 5]),
        (["*-seed[0]"], [0, 2, 4]),
    ],
)
def test_patterns_mean_rows_with_or_without_the_sweeps_name(rows, patterns, expected):
    assert filter_rows(rows, patterns) == [rows[number] for number in expected]


@pytest.mark.parametrize(
    ("patterns", "reported"),
    [
        (["adam-dise-seed0"], "--only adam-dise-seed0: no such row; expected one of: adam-dice-seed0"),
        (["adam-*", "adam"], "--only adam: no such row; expected one of: adam-dice-seed0, "),
        (["ADAM-*"], "--only ADAM-*: no such row"),
        ([""], "--only : no such row"),
    ],
)
def test_a_pattern_that_means_none_is_reported_with_rows_that_there_are(rows, patterns, reported):
    with pytest.raises(UserError) as error:
        filter_rows(rows, patterns)
    assert reported in str(error.value)


@pytest.mark.parametrize(
    "parts",
    [
        {"grid": {f"losses.dice.k{number}": list(range(10)) for number in range(400)}},
        {"rows": {f"r{number}": {} for number in range(101)}, "grid": {"seed": list(range(100))}},
        {"grid": {"seed": [0, 1]}, "random": {"count": 9000, "seed": 0, "ranges": {"loss": ["dice"]}}},
    ],
    ids=["10 ** 400", "rows and grid", "grid and random"],
)
def test_more_rows_than_anyone_runs_are_reported_before_they_are_listed(params, parts):
    reported = fault(params, **parts)
    assert reported.startswith("tune: rows, grid and random make 1") and reported.endswith("expected up to 10,000")
    assert len(reported) < 200
