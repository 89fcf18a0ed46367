import re
from collections import Counter

import pytest

from brainseg.sweep.plan import plan
from brainseg.sweep.sweep_file import read_sweep
from studies.report_claims.report_figures import LOSSES, ROWS, Kind, slips
from tests.conftest import ROOT


@pytest.fixture
def planned(monkeypatch, params) -> dict[str, dict]:
    """Row of experiments/report.yaml -> its settings."""
    monkeypatch.chdir(ROOT)
    rows = plan(read_sweep(ROOT / "experiments/report.yaml"), "report", params, {})
    return {row.name.removeprefix("report-"): row.changes for row in rows}


def reported(words: str) -> str:
    [slip] = [slip for slip in slips() if words in slip]
    return slip


def row(name: str):
    return next(row for row in ROWS if row.name == name)


def test_there_are_eleven_rows_and_no_name_or_setting_twice():
    assert len(ROWS) == len({row.name for row in ROWS}) == 11
    assert len({(row.kind, row.epochs, row.batch_size) for row in ROWS}) == 11


def test_rows_are_those_of_the_sweep(planned):
    assert list(planned) == [row.name for row in ROWS]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_has_the_settings_of_the_sweep(planned, row):
    changes = planned[row.name]
    kind = Kind(changes.get("arch", "unet"), changes["optim"], changes["loss"])
    assert (row.kind, row.epochs, row.batch_size) == (kind, changes["train.epochs"], changes["train.batch_size"])
    assert row.lr == changes[f"optims.{row.kind.optim}.lr"]
    assert changes["predict.weights"] == "best"


def test_fair_yaml_has_the_same_ten_kinds_and_three_seeds(monkeypatch, params):
    monkeypatch.chdir(ROOT)
    rows = plan(read_sweep(ROOT / "experiments/fair.yaml"), "fair", params, {})
    kinds = Counter(Kind(*(row.changes[word] for word in Kind._fields)) for row in rows)
    assert kinds == Counter(dict.fromkeys({row.kind for row in ROWS}, 3)) and len(kinds) == 10


def test_the_first_eight_rows_are_unets_by_optimizer_in_the_order_of_losses():
    """Other modules take ROWS[:4] and ROWS[:8]."""
    assert [row.kind for row in ROWS[:8]] == [Kind("unet", o, loss) for o in ("adam", "sgd") for loss in LOSSES]
    assert {row.kind.arch for row in ROWS[8:]} == {"unetpp"}
    assert [row.name for row in ROWS[:8]] == [f"{row.kind.optim}-{row.kind.loss}" for row in ROWS[:8]]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_figures_are_possible(row):
    assert 0 < row.minutes_to_converge < row.minutes
    assert 0.79 < row.dsc < 0.92


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (Kind("unet", "adam", "dice"), "dice, adam"),
        (Kind("unetpp", "adam", "log_cosh_dice"), "U-Net++, log_cosh_dice, adam"),
        (Kind("transunet", "sgd", "bce"), "transunet, bce, sgd"),
    ],
)
def test_a_kind_is_reported_in_words(kind, words):
    assert str(kind) == f"{kind}" == words


def test_slips_have_the_differences_in_points():
    """0.913730 - 0.915472 and 0.914497 - 0.911516"""
    assert re.findall(r"[+-]\d\.\d\d", reported("not +0.2 to +0.3")) == ["-0.17", "+0.30"]


def test_the_best_unetpp_is_the_one_that_the_slip_names():
    best = max((row for row in ROWS if row.kind.arch == "unetpp"), key=lambda row: row.dsc)
    assert best.kind.loss == "log_cosh_dice" and f"{best.dsc:.6f}" in reported("the best U-Net++")


def test_log_cosh_dice_is_the_worst_in_the_table_of_section_6():
    assert min(ROWS[:4], key=lambda row: row.dsc).kind.loss == "log_cosh_dice"
    assert "worst" in reported("section 6.8")


def test_minutes_an_epoch_are_those_of_the_table():
    first = row("adam-dice")
    assert f"{first.minutes / first.epochs:.2f} minutes an epoch in section 6.7" in reported("minutes an epoch")


def test_the_ranges_of_epochs_and_batch_sizes_are_those_of_the_rows():
    epochs, batches = ({getattr(row, word) for row in ROWS} for word in ("epochs", "batch_size"))
    assert f"epochs ({min(epochs)} to {max(epochs)})" in reported("Rows differ")
    assert f"batch size ({', '.join(map(str, sorted(batches)))})" in reported("Rows differ")


def test_twelve_rows_are_the_eleven_and_one_again():
    """Four of 6.7, four of 7.7, and four of section 9, of which the U-Net is there before."""
    by = Counter((row.kind.arch, row.kind.optim) for row in ROWS)
    assert by == {("unet", "adam"): 4, ("unet", "sgd"): 4, ("unetpp", "adam"): 3}
    assert "twelve rows printed, eleven run" in reported("section 9 repeats")


def test_no_slip_has_a_gap_left_in_it():
    assert not [slip for slip in slips() if "{" in slip or "}" in slip]
