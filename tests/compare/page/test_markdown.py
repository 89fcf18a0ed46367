import re
from dataclasses import replace

import numpy as np
import pandas as pd

from brainseg.compare.page.markdown import PICTURES, page, text
from tests.compare.page.small_page import TRAITS, rows, sections
from tests.compare.small_comparison import SCORES, compared, seeds, shifted, three
from tests.compare.small_experiment import experiment

HEADINGS = [
    "Results",
    "What is equal",
    "Verdicts against dice",
    "All 3 pairs",
    "Ranks",
    "By size and edge of the lesion",
]
HEADINGS += ["Selection bias"]


def test_the_parts_come_in_order(reported):
    assert list(reported) == ["", *HEADINGS]


def test_the_head_says_what_is_compared(reported):
    assert reported[""].splitlines() == [
        "# 3 methods, 3 experiments, 12 test patients",
        "",
        "Score: dsc of each patient. Baseline: dice.",
        "",
        "- Note: 12 patients: intervals of mean and median are rough below 50, and too short for failures.",
        "",
    ]


def test_the_table_has_a_row_a_method(reported):
    dice, bce, sgd = rows(reported["Results"])
    assert [row["method"] for row in (dice, bce, sgd)] == ["dice", "bce", "sgd"]
    expected = {"loss": "dice", "learning rate": "0.002", "epochs": "40", "batch": "16", "pipeline": "unet, adam"}
    expected |= {"minutes to converge": "too few epochs", "of training": "1.0", "an epoch": "0.50"}
    expected |= {"best validation DSC": "0.4000", "last": "0.4000", "DSC < 0.1": "0", "SD, seeds": "–"}
    expected |= {"SD, last epochs": f"{0.2 / np.sqrt(2):.4f}"}
    assert dice | expected == dice
    assert re.fullmatch(r"0\.5500 \[0\.4\d\d, 0\.6\d\d\]", dice["test mean [95 %]"])
    assert sgd["learning rate"] == "0.1" and sgd["pipeline"] == "unet, sgd"
    assert bce["loss"] == "bce"


def test_what_is_equal_is_a_line_a_method(reported):
    section = reported["What is equal"]
    same = "same data, split, code and other settings"
    assert f"All: {same}; loss, optim and optims.*.lr vary." in section
    assert f"- bce and dice: {same}; only the loss differs (dice → bce)." in section
    assert f"- sgd and dice: {same}; only the optimizer differs (adam → sgd, lr 0.002 → 0.1)." in section
    assert "Warning" not in section


def test_confounds_are_warnings():
    both = experiment("both", shifted(0.1), {"loss": "bce", "optim": "sgd"})
    section = sections(text(compared([experiment("dice", SCORES), both])))["What is equal"]
    assert (
        "  - **Warning**: loss and optimizer both differ: a difference in scores cannot be attributed to either alone."
        in section
    )


def test_ranks_are_sorted_by_their_mean(reported):
    assert rows(reported["Ranks"]) == [
        {"method": "bce", "first": "100%", "mean rank": "1.0"},
        {"method": "dice", "first": "0%", "mean rank": "2.0"},
        {"method": "sgd", "first": "0%", "mean rank": "3.0"},
    ]
    assert reported["Ranks"].splitlines()[1] == (
        "Of 4000 times that patients were drawn anew; a description, no test. "
        "One seed each: seed variance is not included, so the ranks look firmer than they are."
    )


def test_strata_are_a_row_each_and_a_column_a_method(reported):
    small, large, smooth = rows(reported["By size and edge of the lesion"])
    assert [row["of the lesion"] for row in (small, large, smooth)] == ["size small", "size large", "edge smooth"]
    assert (small["patients"], smooth["patients"]) == ("6", "12")
    assert small["dice"] == f"{np.mean([*SCORES.values()][:6]):.3f}"
    assert smooth["sgd"] == f"{np.mean([*shifted(-0.1).values()]):.3f}"


def test_without_strata_there_is_no_such_part_and_no_picture():
    comparison = compared(three())
    assert [*sections(text(comparison))] == ["", *(part for part in HEADINGS if not part.startswith("By size"))]
    assert "strata.png" not in page(comparison)


def test_methods_of_several_seeds_name_their_experiments():
    found = compared(seeds("dice", "dice", 0, (1, 2)) + seeds("bce", "bce", 0.1, (1, 2)))
    reported = sections(text(found))
    assert reported[""].startswith("# 2 methods, 4 experiments, 12 test patients\n")
    assert "- dice: dice-seed1, dice-seed2.\n- bce: bce-seed1, bce-seed2.\n- Note:" in reported[""]
    [row] = rows(reported["Verdicts against dice"])
    assert row["about"] == "methods"
    assert "About methods: a t test" in reported["Verdicts against dice"]
    assert "About these networks" not in reported["Verdicts against dice"]
    assert reported["Ranks"].splitlines()[1] == (
        "Of 4000 times that patients and seeds were drawn anew; a description, no test."
    )
    assert re.search(r"- bce against dice: better \(\+0\.1\d+, p \S+, methods\)", reported["All 1 pair"])
    assert "allow no p" not in "".join(reported.values())


def test_the_price_names_the_epoch_and_the_experiments():
    falls = experiment("falls", SCORES, {"loss": "bce"}, validation_dsc=[0.2, 0.8, 0.5])
    section = sections(text(compared([experiment("dice", SCORES), falls])))["Selection bias"]
    assert section.splitlines()[1:] == [
        "- The best epoch's mean validation DSC is 0.1500 above the last one's on average, 0.3000 for falls. Of "
        "the best epoch's figure 0.0000 is due to these very validation patients.",
        "- 1 result on these patients is known, of this repository's experiments. The mean DSC of the best of them is "
        "too high by 0.0000 at least, because these patients chose it. Seed variance is not counted.",
    ]


def test_the_price_names_the_mean_optimism_of_the_best_epochs():
    comparison = compared(three())
    bias = replace(comparison.bias, best_epoch=pd.Series({"dice": 0.01, "bce": 0.02, "sgd": 0.06}), optimism=0.0123)
    section = sections(text(replace(comparison, bias=bias)))["Selection bias"]
    assert "Of the best epoch's figure 0.0300 is due to these very validation patients." in section
    assert "- 3 different results on these patients are known" in section and "too high by 0.0123 at least" in section


def test_minutes_are_numbers_or_words():
    curves = {"dice": [0.8] * 10, "bce": [epoch / 100 for epoch in range(15)], "sgd": [0.2]}
    changes = {"dice": {}, "bce": {"loss": "bce"}, "sgd": {"optim": "sgd"}}
    found = compared([experiment(name, SCORES, changes[name], validation_dsc=curves[name]) for name in curves])
    reported = [row["minutes to converge"] for row in rows(sections(text(found))["Results"])]
    assert reported == ["2.5", "not converged", "too few epochs"]


def test_the_page_is_the_text_and_the_pictures():
    comparison = compared([experiment("dice", SCORES, columns=TRAITS), *three()[1:]])
    assert page(comparison).startswith(text(comparison))
    assert re.findall(r"!\[.*\]\((.*)\)", page(comparison)) == list(PICTURES)


def test_numbers_that_are_missing_or_endless_are_reported():
    comparison = compared(three())
    table = comparison.table.assign(learning_rate=None, minutes_of_training=np.nan, mean_low=-np.inf, mean_high=np.inf)
    [row, *_] = rows(sections(text(replace(comparison, table=table)))["Results"])
    assert row["learning rate"] == row["of training"] == "–"
    assert row["test mean [95 %]"] == "0.5500 [-inf, inf]"
