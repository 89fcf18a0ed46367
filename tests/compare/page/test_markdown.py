import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from brainseg.compare.page.markdown import PICTURES, page, text
from brainseg.compare.page.markdown_table import interval, markdown_table, number, p_value
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
HEADINGS += ["The price of choosing"]
TRAITS = {"size": ["small"] * 6 + ["large"] * 6, "edge": ["smooth"] * 12}


def sections(told: str) -> dict[str, str]:
    head, *rest = re.split(r"^## (.*)\n", told, flags=re.MULTILINE)
    return {"": head, **dict(zip(rest[::2], rest[1::2], strict=True))}


def rows(section: str) -> list[dict[str, str]]:
    header, _, *lines = [line for line in section.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in (header, *lines)]
    return [dict(zip(cells[0], row, strict=True)) for row in cells[1:]]


@pytest.fixture(scope="module")
def told() -> dict[str, str]:
    noted = experiment("dice", SCORES, columns=TRAITS)
    return sections(text(compared([noted, *three()[1:]])))


def test_the_parts_come_in_order(told):
    assert list(told) == ["", *HEADINGS]


def test_the_head_says_what_is_compared(told):
    assert told[""].splitlines() == [
        "# 3 methods, 3 experiments, 12 test patients",
        "",
        "Score: dsc of each patient. Baseline: dice.",
        "",
        "- Note: 12 patients: intervals of mean and median are rough below 50, and too short for failures.",
        "",
    ]


def test_the_table_has_a_row_a_method(told):
    dice, bce, sgd = rows(told["Results"])
    assert [row["method"] for row in (dice, bce, sgd)] == ["dice", "bce", "sgd"]
    expected = {"loss": "dice", "learning rate": "0.002", "epochs": "40", "batch": "16", "pipeline": "unet, adam"}
    expected |= {"minutes to converge": "too few epochs", "of training": "1.0", "an epoch": "0.50"}
    expected |= {"best validation DSC": "0.4000", "last": "0.4000", "DSC < 0.1": "0", "SD, seeds": "–"}
    expected |= {"SD, last epochs": f"{0.2 / np.sqrt(2):.4f}"}
    assert dice | expected == dice
    assert re.fullmatch(r"0\.5500 \[0\.4\d\d, 0\.6\d\d\]", dice["test mean [95 %]"])
    assert sgd["learning rate"] == "0.1" and sgd["pipeline"] == "unet, sgd"
    assert bce["loss"] == "bce"


def test_what_is_equal_is_a_line_a_method(told):
    section = told["What is equal"]
    same = "same data, split, code and other settings"
    assert f"All: {same}; loss, optim and optims.*.lr vary." in section
    assert f"- bce and dice: {same}; only the loss differs (dice → bce)." in section
    assert f"- sgd and dice: {same}; only the optimizer differs (adam → sgd, lr 0.002 → 0.1)." in section
    assert "Warning" not in section


def test_confounds_are_warnings():
    both = experiment("both", shifted(0.1), {"loss": "bce", "optim": "sgd"})
    section = sections(text(compared([experiment("dice", SCORES), both])))["What is equal"]
    assert "  - **Warning**: loss and optimizer both differ: a difference can't be credited to either." in section


def test_verdicts_say_what_they_rest_on(told):
    section = told["Verdicts against dice"]
    bce, sgd = rows(section)
    assert (bce["verdict"], sgd["verdict"]) == ("better", "worse")
    assert bce["about"] == "these networks" and bce["would settle it"] == "–" and bce["effect"] == "+1.00"
    assert bce["failures"] == "0 (0)"
    assert bce["mean difference"] == "+0.1055" and bce["estimate [95 %]"].startswith("+0.1055 [+0.10")
    assert bce["p"] == "0.0010"  # 2 of 2^12, Holm's of two
    assert "Another seed may say otherwise" in section and "About methods" not in section
    assert "p is Holm's over 2 comparisons; p equal is small where the difference is within ±0.01." in section
    assert "12 patients" not in section  # they allow p enough


def test_pairs_that_say_something_are_listed(told):
    assert told["All 3 pairs"].splitlines()[1:] == [
        "2 worse, 1 better.",
        "",
        "- bce against dice: better (+0.1055, p 0.0015, these networks)",
        "- sgd against dice: worse (-0.0945, p 0.0015, these networks)",
        "- sgd against bce: worse (-0.2000, p 0.0015, these networks)",
        "",
    ]


def test_an_equal_pair_is_told_with_the_p_of_equality():
    equal = compared([experiment("dice", SCORES), experiment("bce", SCORES, {"loss": "bce"})])
    assert "- bce against dice: practically equal (+0.0000, p 0.0002, these networks)" in text(equal)


def test_ranks_are_sorted_by_their_mean(told):
    assert rows(told["Ranks"]) == [
        {"method": "bce", "first": "100%", "mean rank": "1.0"},
        {"method": "dice", "first": "0%", "mean rank": "2.0"},
        {"method": "sgd", "first": "0%", "mean rank": "3.0"},
    ]
    assert told["Ranks"].splitlines()[1] == (
        "Of 4000 times that patients were drawn anew; a description, no test. "
        "The luck of a single seed stays in, so the order looks firmer than it is."
    )


def test_strata_are_a_row_each_and_a_column_a_method(told):
    small, large, smooth = rows(told["By size and edge of the lesion"])
    assert [row["of the lesion"] for row in (small, large, smooth)] == ["size small", "size large", "edge smooth"]
    assert (small["patients"], smooth["patients"]) == ("6", "12")
    assert small["dice"] == f"{np.mean([*SCORES.values()][:6]):.3f}"
    assert smooth["sgd"] == f"{np.mean([*shifted(-0.1).values()]):.3f}"


def test_without_strata_there_is_no_such_part_and_no_picture():
    comparison = compared(three())
    assert [*sections(text(comparison))] == ["", *(part for part in HEADINGS if not part.startswith("By size"))]
    assert "strata.png" not in page(comparison)


def test_too_few_patients_for_any_verdict_are_told():
    few = dict(list(SCORES.items())[:5])
    found = compared([experiment(it.name, {p: it.per_volume.dsc[p] for p in few}, {"loss": it.params["loss"],
                      "optim": it.params["optim"]}) for it in three()])  # fmt: skip
    told = sections(text(found))
    limit = "5 patients and 2 comparisons allow no p below 0.12: none of these networks can be told better or worse"
    assert limit in told["Verdicts against dice"] and "Compare fewer, or score more patients." in "".join(told.values())
    assert "3 pairs on 5 patients allow no p below 0.19: none can be told better or worse." in told["All 3 pairs"]
    assert "3 can't tell." in told["All 3 pairs"]


def test_methods_of_several_seeds_name_their_experiments():
    found = compared(seeds("dice", "dice", 0, (1, 2)) + seeds("bce", "bce", 0.1, (1, 2)))
    told = sections(text(found))
    assert told[""].startswith("# 2 methods, 4 experiments, 12 test patients\n")
    assert "- dice: dice-seed1, dice-seed2.\n- bce: bce-seed1, bce-seed2.\n- Note:" in told[""]
    [row] = rows(told["Verdicts against dice"])
    assert row["about"] == "methods"
    assert "About methods: a t test" in told["Verdicts against dice"]
    assert "About these networks" not in told["Verdicts against dice"]
    assert told["Ranks"].splitlines()[1] == (
        "Of 4000 times that patients and seeds were drawn anew; a description, no test."
    )
    assert re.search(r"- bce against dice: better \(\+0\.1\d+, p \S+, methods\)", told["All 1 pair"])
    assert "allow no p" not in "".join(told.values())


def test_the_price_names_the_epoch_and_the_experiments():
    falls = experiment("falls", SCORES, {"loss": "bce"}, validation_dsc=[0.2, 0.8, 0.5])
    section = sections(text(compared([experiment("dice", SCORES), falls])))["The price of choosing"]
    assert section.splitlines()[1:] == [
        "- The best epoch's mean validation DSC is 0.1500 above the last one's on average, 0.3000 for falls. Of "
        "the best epoch's figure 0.0000 is the luck of these validation patients.",
        "- 1 result on these patients is known, of this repository's experiments: the best of so many flatters itself "
        "by 0.0000 mean DSC at least, by the luck of these patients; the luck of seeds comes on top.",
    ]


def test_the_price_tells_the_mean_luck_of_the_best_epochs():
    comparison = compared(three())
    price = replace(comparison.price, best_epoch=pd.Series({"dice": 0.01, "bce": 0.02, "sgd": 0.06}), optimism=0.0123)
    section = sections(text(replace(comparison, price=price)))["The price of choosing"]
    assert "Of the best epoch's figure 0.0300 is the luck of these validation patients." in section
    assert "- 3 different results on these patients are known" in section and "by 0.0123 mean DSC at least" in section


def test_failures_stand_with_those_of_the_baseline():
    lost = SCORES | dict.fromkeys([*SCORES][:3], 0.05)
    seeds_of_bce = [
        experiment(f"bce-{k}", SCORES | dict.fromkeys([*SCORES][:k], 0.0), {"loss": "bce", "seed": k}) for k in (1, 2)
    ]
    told = sections(text(compared([experiment("dice", lost), *seeds_of_bce])))
    [row] = rows(told["Verdicts against dice"])
    assert row["failures"] == "1.5 (3)"
    assert [row["DSC < 0.1"] for row in rows(told["Results"])] == ["3", "1.5"]


def test_minutes_are_numbers_or_words():
    curves = {"dice": [0.8] * 10, "bce": [epoch / 100 for epoch in range(15)], "sgd": [0.2]}
    changes = {"dice": {}, "bce": {"loss": "bce"}, "sgd": {"optim": "sgd"}}
    found = compared([experiment(name, SCORES, changes[name], validation_dsc=curves[name]) for name in curves])
    told = [row["minutes to converge"] for row in rows(sections(text(found))["Results"])]
    assert told == ["2.5", "not converged", "too few epochs"]


def test_the_page_is_the_text_and_the_pictures():
    comparison = compared([experiment("dice", SCORES, columns=TRAITS), *three()[1:]])
    assert page(comparison).startswith(text(comparison))
    assert re.findall(r"!\[.*\]\((.*)\)", page(comparison)) == list(PICTURES)


def test_numbers_that_are_missing_or_endless_are_told():
    comparison = compared(three())
    table = comparison.table.assign(learning_rate=None, minutes_of_training=np.nan, mean_low=-np.inf, mean_high=np.inf)
    [row, *_] = rows(sections(text(replace(comparison, table=table)))["Results"])
    assert row["learning rate"] == row["of training"] == "–"
    assert row["test mean [95 %]"] == "0.5500 [-inf, inf]"


def test_cells():
    assert number(1.25, 1) == "1.2" and number(None, 1) == number(np.nan, 1) == "–"
    assert number(pd.NA, 2, "no") == "no"
    assert interval(-0.1, 0.25) == "[-0.100, 0.250]" and interval(-0.1, 0.25, "+") == "[-0.100, +0.250]"
    assert p_value(0.05) == "0.0500" and p_value(0.00009) == "<0.0001" and p_value(1) == "1.0000"


def test_columns_are_of_equal_width_and_no_cell_breaks_the_table():
    table = markdown_table([{"name": "a", "n": 1}, {"name": "a|longer", "n": 22}])
    assert table == "| name      | n  |\n|-----------|----|\n| a         | 1  |\n| a\\|longer | 22 |\n"
