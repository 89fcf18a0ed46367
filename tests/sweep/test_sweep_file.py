import pytest

from brainseg.core.errors import UserError
from brainseg.sweep.sweep_file import Range, SweepFile, read_sweep


@pytest.fixture
def read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def read_(text: str) -> SweepFile:
        (tmp_path / "tune.yaml").write_text(text)
        return read_sweep(tmp_path.joinpath("tune.yaml").relative_to(tmp_path))

    return read_


def test_a_file_is_read_as_it_is_written(read):
    sweep = read(
        "base: {optim: adam, optims.adam.lr: 1e-4, input.channels: [flair]}\n"
        "rows: {small: {archs.unet.features: 8}, large: {archs.unet.features: 32}}\n"
        "grid: {loss: [dice, bce], seed: [0, 1, 2]}\n"
        "random: {count: 5, seed: 1, ranges: "
        "{optims.adam.lr: {low: 1e-5, high: 1e-2, scale: log}, augment.flip: [0.0, 0.5]}}\n"
        "until: train\n"
    )
    assert sweep.base == {"optim": "adam", "optims.adam.lr": 0.0001, "input.channels": ["flair"]}
    assert list(sweep.rows) == ["small", "large"]
    assert sweep.grid == {"loss": ["dice", "bce"], "seed": [0, 1, 2]}
    assert sweep.random.ranges["optims.adam.lr"] == Range(low=1e-5, high=1e-2, scale="log")
    assert sweep.random.ranges["augment.flip"] == [0.0, 0.5]
    assert sweep.until == "train"


@pytest.mark.parametrize(
    "text", ["rows: {a: {}}", "grid: {seed: [0]}", "random: {count: 1, seed: 0, ranges: {a: [1]}}"]
)
def test_any_of_rows_grid_and_random_will_do(read, text):
    sweep = read(text)
    assert (sweep.base, sweep.until) == ({}, None)


def test_the_kinds_of_values_stay_apart(read):
    values = read("grid: {a: [2, 0.5, false, word, [1, 2]]}").grid["a"]
    assert [type(value) for value in values] == [int, float, bool, str, list]


def test_rows_grid_and_random_may_change_what_base_sets(read):
    read("base: {loss: dice}\nrows: {a: {loss: bce}}")
    read("base: {loss: dice}\ngrid: {loss: [bce]}")
    read("base: {loss: dice}\nrandom: {count: 1, seed: 0, ranges: {loss: [bce]}}")


RANDOM = "random: {count: 1, seed: 0, ranges: {a: %s}}"
FAULTS = {
    "nothing to run": ("base: {loss: dice}", "nothing to run; expected rows, grid or random"),
    "unknown key": ("grids: {a: [1]}", "tune.yaml: grids is not a setting; did you mean grid?"),
    "no list": ("grid: {a: 1}", "tune.yaml: grid.a is 1; expected a valid list"),
    "empty list": ("grid: {a: []}", "tune.yaml: grid.a is []; expected at least 1 item"),
    "twice": ("grid: {seed: [0, 1, 0]}", "grid.seed lists 0 twice"),
    "twice in other words": ("grid: {a: [1e-3, 0.001]}", "grid.a lists 0.001 twice"),
    "row and grid": ("rows: {x: {a: 1}}\ngrid: {a: [2]}", "a is in rows.x and in grid; expected in one of them"),
    "row and random": ("rows: {x: {a: 1}}\n" + RANDOM % "[2]", "a is in rows.x and in random; expected in one of them"),
    "grid and random": ("grid: {a: [1]}\n" + RANDOM % "[2]", "a is in grid and in random; expected in one of them"),
    "row without a block": ("rows: {x: }", "tune.yaml: rows.x is None; expected a valid dictionary"),
    "row twice": ("rows: {x: {a: 1}, x: {a: 2}}", 'tune.yaml, line 1: found duplicate key "x"'),
    "no draws": (
        "random: {count: 0, seed: 0, ranges: {a: [1]}}",
        "random.count is 0; expected greater than or equal to 1",
    ),
    "no seed": ("random: {count: 1, ranges: {a: [1]}}", "tune.yaml: random.seed is missing"),
    "no ranges": ("random: {count: 1, seed: 0, ranges: {}}", "random.ranges is {}; expected"),
    "until another stage": ("grid: {a: [1]}\nuntil: predict", "tune.yaml: until is 'predict'; expected 'train' or"),
    "no YAML": ("grid: {a: [1}", "tune.yaml, line 1: "),
    "no keys": ("- loss", "tune.yaml: expected keys and values, found list"),
}


@pytest.mark.parametrize(("text", "reported"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_reported_in_one_line(read, text, reported):
    with pytest.raises(UserError) as error:
        read(text)
    assert reported in str(error.value)
    assert "\n" not in str(error.value)


def test_a_fault_of_the_whole_file_is_reported_after_its_name(read):
    with pytest.raises(UserError, match="^tune.yaml: nothing to run"):
        read("base: {loss: dice}")


VALUE_FAULTS = {
    "block for a value": ("rows: {x: {optims: {adam: {lr: 1}}}}", "rows.x.optims is {'adam': {'lr': 1}}"),
    "nothing for a value": ("grid: {a: [~]}", "grid.a.0 is None"),
    "infinite": ("grid: {a: [.inf]}", "grid.a.0 is inf"),
    "high below low": (RANDOM % "{low: 2, high: 1}", "random.ranges.a: low is 2, high is 1; expected low below high"),
    "nothing to draw": (RANDOM % "{low: 1, high: 1}", "random.ranges.a: low is 1, high is 1; expected low below high"),
    "log of 0": (RANDOM % "{low: 0, high: 1, scale: log}", "random.ranges.a: low is 0; a log scale begins above 0"),
    "misspelt": (
        RANDOM % "{low: 0, high: 1, scael: log}",
        "random.ranges.a.scael is not a setting; did you mean scale?",
    ),
    "too large": (RANDOM % f"{{low: 1, high: 1{'0' * 400}}}", "random.ranges.a.high is 1000"),
    "infinite range": (RANDOM % "{low: 1, high: .inf}", "random.ranges.a.high is inf; expected a number from -1e+15"),
    "nan in a range": (RANDOM % "{low: .nan, high: 1}", "random.ranges.a.low is nan; expected a number"),
    "a word in a range": (RANDOM % "{low: a, high: 1}", "random.ranges.a.low is 'a'; expected a number"),
    "true in a range": (RANDOM % "{low: true, high: 9}", "random.ranges.a.low is True; expected a number"),
    "no range": (RANDOM % "3", "random.ranges.a is 3"),
}


@pytest.mark.parametrize(("text", "reported"), VALUE_FAULTS.values(), ids=VALUE_FAULTS)
def test_a_value_that_is_none_is_reported_in_one_line_by_its_key(read, text, reported):
    with pytest.raises(UserError) as error:
        read(text)
    assert reported in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_there_is_reported(tmp_path):
    with pytest.raises(UserError, match="nowhere.yaml: no such file"):
        read_sweep(tmp_path / "nowhere.yaml")
