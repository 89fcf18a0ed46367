import pytest

from brainseg.compare.page.markdown import text
from brainseg.compare.page.verdicts import against_baseline, all_pairs
from brainseg.compare.stats.paired_test import PairedTest
from brainseg.compare.verdicts import Verdict
from tests.compare.page.small_page import rows, sections
from tests.compare.small_comparison import SCORES, compared, three
from tests.compare.small_experiment import experiment


def test_verdicts_say_what_they_rest_on(reported):
    section = reported["Verdicts against dice"]
    bce, sgd = rows(section)
    assert (bce["verdict"], sgd["verdict"]) == ("better", "worse")
    assert bce["about"] == "these networks" and bce["sample size needed"] == "–" and bce["effect"] == "+1.00"
    assert bce["failures"] == "0 (0)"
    assert bce["mean difference"] == "+0.1055" and bce["estimate [95 %]"].startswith("+0.1055 [+0.10")
    assert bce["p"] == "0.0010"  # 2 of 2^12, Holm's of two
    assert "Another seed may say otherwise" in section and "About methods" not in section
    assert "p is Holm's over 2 comparisons; p equal is small where the difference is within ±0.01." in section
    assert "12 patients" not in section  # they allow p enough


def test_pairs_that_say_something_are_listed(reported):
    assert reported["All 3 pairs"].splitlines()[1:] == [
        "2 worse, 1 better.",
        "",
        "- bce against dice: better (+0.1055, p 0.0015, these networks)",
        "- sgd against dice: worse (-0.0945, p 0.0015, these networks)",
        "- sgd against bce: worse (-0.2000, p 0.0015, these networks)",
        "",
    ]


def test_an_equal_pair_is_reported_with_the_p_of_equality():
    equal = compared([experiment("dice", SCORES), experiment("bce", SCORES, {"loss": "bce"})])
    assert "- bce against dice: equivalent (+0.0000, p 0.0002, these networks)" in text(equal)


def test_too_few_patients_for_any_verdict_are_reported():
    few = dict(list(SCORES.items())[:5])
    found = compared([experiment(it.name, {p: it.per_volume.dsc[p] for p in few}, {"loss": it.params["loss"],
                      "optim": it.params["optim"]}) for it in three()])  # fmt: skip
    reported = sections(text(found))
    limit = "5 patients and 2 comparisons allow no p below 0.12: no verdict on these networks can be better or worse"
    assert limit in reported["Verdicts against dice"] and "Compare fewer, or score more patients." in "".join(
        reported.values()
    )
    assert "3 pairs on 5 patients allow no p below 0.19: no verdict can be better or worse." in reported["All 3 pairs"]
    assert "3 inconclusive." in reported["All 3 pairs"]


def test_failures_stand_with_those_of_the_baseline():
    lost = SCORES | dict.fromkeys([*SCORES][:3], 0.05)
    seeds_of_bce = [
        experiment(f"bce-{k}", SCORES | dict.fromkeys([*SCORES][:k], 0.0), {"loss": "bce", "seed": k}) for k in (1, 2)
    ]
    reported = sections(text(compared([experiment("dice", lost), *seeds_of_bce])))
    [row] = rows(reported["Verdicts against dice"])
    assert row["failures"] == "1.5 (3)"
    assert [row["DSC < 0.1"] for row in rows(reported["Results"])] == ["3", "1.5"]


def verdict(a: str, word: str = "better", smallest_p: float = 0.002, patients: int = 10) -> Verdict:
    """About these networks, against `base`."""
    test = PairedTest(p=0.004, p_equal=0.9, shift=0.02, low=0.01, high=0.03, effect=0.5)
    return Verdict(a, "base", word, 0.025, test, None, 0.004, 0.9, smallest_p, patients, "")


def test_numbers_are_those_of_the_verdict():
    reported = against_baseline([verdict("a")], 0.01, {"a": 1.5, "base": 0.0})
    assert reported.startswith("## Verdicts against base\n")
    [row] = rows(reported)
    assert row == {
        "method": "a",
        "verdict": "better",
        "about": "these networks",
        "mean difference": "+0.0250",
        "estimate [95 %]": "+0.0200 [+0.010, +0.030]",
        "failures": "1.5 (0)",
        "effect": "+0.50",
        "p": "0.0040",
        "p equal": "0.9000",
        "sample size needed": "–",
    }


@pytest.mark.parametrize(
    ("smallest_p", "limit", "hopeless"),
    [(0.0009, False, False), (0.0011, True, False), (0.049, True, False), (0.05, True, True)],
)
def test_the_least_p_is_reported_near_5_percent_and_allows_no_verdict_from_there_on(smallest_p, limit, hopeless):
    reported = against_baseline([verdict("a", smallest_p=smallest_p)], 0.01, {"a": 0, "base": 0})
    assert ("10 patients and 1 comparison allow no p below" in reported) == limit
    assert ("no verdict on these networks can be better or worse" in reported) == hopeless


def test_one_comparison_is_not_asked_to_be_fewer():
    few = {"smallest_p": 0.25, "patients": 1}
    failures = dict.fromkeys(["a", "b", "base"], 0)
    one, two = (against_baseline([verdict(name, **few) for name in names], 0.01, failures) for names in ("a", "ab"))
    assert "1 patient and 1 comparison allow" in one and ": Score" not in one and " Score more patients." in one
    assert "1 patient and 2 comparisons allow" in two and " Compare fewer, or score more patients." in two


def test_of_all_pairs_those_that_are_inconclusive_are_only_counted():
    words = ["inconclusive", "better", "inconclusive", "worse", "inconclusive"]
    reported = all_pairs([verdict(f"m{number}", word) for number, word in enumerate(words)])
    assert reported.splitlines()[:3] == ["## All 5 pairs", "", "3 inconclusive, 1 better, 1 worse."]
    assert [line.split()[1] for line in reported.splitlines() if line.startswith("- ")] == ["m1", "m3"]
    assert all_pairs([verdict("a", "inconclusive")]) == "## All 1 pair\n\n1 inconclusive.\n"
