import re
from dataclasses import replace
from inspect import getmembers, isfunction

import numpy as np
import pytest

from brainseg.splitting.subsets import REPORT_VALIDATION
from studies.report_claims import about_architectures, about_losses, about_optimizers, command
from studies.report_claims.claims import CLAIMS, FAIR, REPORT
from studies.report_claims.evidence import Evidence
from studies.report_claims.finding import Finding
from studies.report_claims.page import page
from studies.report_claims.report_figures import slips
from tests.compare.small_experiment import experiment, fold
from tests.studies.report_claims.small_evidence import (
    BLOCKS,
    KINDS,
    LEVEL,
    TRAITS,
    all_get,
    evidence,
    fair_name,
    planted,
    robustness,
    row_names,
    unet,
)

COMMAND = "python -m studies.report_claims --report 'report-*' --fair 'fair-*'"
WORDS = ("holds", "fails", "inconclusive")
RISING = [epoch / 100 for epoch in range(25)]


def made(given: Evidence | None = None) -> str:
    given = given or evidence()
    return page([(claim, claim.test(given)) for claim in CLAIMS], given, COMMAND)


def words(given: Evidence, tested_by: str) -> list[str]:
    return [claim.test(given).outcome for claim in CLAIMS if claim.tested_by == tested_by]


@pytest.fixture(scope="module")
def text() -> str:
    return made()


def test_every_test_of_a_claim_is_taken_by_one_claim():
    modules = (about_architectures, about_losses, about_optimizers)
    tests = {
        it
        for module in modules
        for name, it in getmembers(module, isfunction)
        if it.__module__ == module.__name__ and it.__annotations__.get("return") is Finding and name[0] != "_"
    }
    assert {claim.test for claim in CLAIMS} == tests
    assert len(CLAIMS) == len(tests) == len({claim.says for claim in CLAIMS}) == 23


def test_each_claim_is_judged_on_the_experiments_that_it_says():
    assert {claim.tested_by for claim in CLAIMS} == {FAIR, REPORT}
    assert "holds" in words(evidence(), FAIR) and "holds" in words(evidence(), REPORT)
    assert words(evidence(gains=all_get(KINDS[1:4], -0.2), unsure=KINDS[:1]), REPORT) == words(evidence(), REPORT)
    rows = planted(row_names("sgd"), mean=0.1, median=0.5, last_gap=0.5, failures=3, validation_dsc=RISING)
    assert words(evidence(rows=rows, robust=robustness({"sgd-bce": 0.2})), FAIR) == words(evidence(), FAIR)


def test_every_claim_is_once_in_the_table_and_once_below(text):
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.partition("## The report's rows, and ours")[0].splitlines()
        if line[:1] == "|"
    ][2:]
    assert [row[0] for row in rows] == [str(number) for number in range(1, len(CLAIMS) + 1)]
    assert [(row[1], row[2]) for row in rows] == [(claim.section, claim.says) for claim in CLAIMS]
    headings = re.findall(r"^## (\d+)\. (.*): (.*)$", text, re.MULTILINE)
    assert [(says, f"**{word}**") for _, says, word in headings] == [(row[2], row[3]) for row in rows]
    assert {word for *_, word in headings} <= {*WORDS}


def test_counts_are_those_of_the_verdicts(text):
    words = re.findall(r"^## \d+\. .*: (.*)$", text, re.MULTILINE)
    counts = [words.count(word) for word in WORDS]
    assert "{} claims; holds: {}, fails: {}, inconclusive: {}.".format(len(CLAIMS), *counts) in text
    assert sum(counts) == len(CLAIMS)


@pytest.mark.parametrize("word", WORDS)
def test_counts_of_planted_words(word):
    text = page([(claim, Finding(word, "Figures.")) for claim in CLAIMS[:5]], evidence(), COMMAND)
    counts = [5 * (word == it) for it in WORDS]
    assert "5 claims; holds: {}, fails: {}, inconclusive: {}.".format(*counts) in text
    assert text.count("Figures.\n") == 5


def test_a_list_of_comparisons_is_printed_once():
    found = [Finding("holds", "- a"), Finding("fails", "- b\n\nOne."), Finding("fails", "- a\n\nOne.")]
    text = page(list(zip(CLAIMS, found, strict=False)), evidence(), COMMAND)
    _, *sections = re.split(r"^## ", text.partition("## The report's rows")[0], flags=re.MULTILINE)
    bodies = [section.split("\n\n", 2)[2].strip() for section in sections]
    assert bodies == ["- a", "- b\n\nOne.", "The comparisons are those of claim 1.\n\nOne."]


def test_claims_of_adam_against_sgd_name_their_comparisons(text):
    assert text.count("The comparisons are those of claim 12.") >= 1


def test_a_word_can_be_seen_from_its_interval(text):
    """An interval on one side of 0 beside `inconclusive` reads as a mistake, unless the page says how that comes."""
    waver = LEVEL + 0.1 + 0.12 * np.array([1, -1] * 5)  # p of 0.03 in each of three pairs: Holm's 0.09
    kinds = unet("adam", "dice", "bce", "shape_aware")
    found = about_losses.log_cosh_is_worst_with_adam(evidence(level=dict.fromkeys(kinds, waver)))
    apart = re.findall(r"\[\+[^]]*\] \(inconclusive\)", found.figures)
    assert not apart or "interval" in text


def test_the_page_is_the_same_when_made_twice(text):
    assert made() == text


def test_the_order_of_experiments_changes_no_verdict():
    gains = all_get(unet("adam"), 0.1) | all_get(unet("sgd", "bce"), 0.05)
    one_way = evidence(gains=gains, unsure=KINDS[-1:])
    other_way = evidence(experiments=one_way.fair[::-1])
    assert [claim.test(one_way).outcome for claim in CLAIMS] == [claim.test(other_way).outcome for claim in CLAIMS]


def test_it_says_what_was_run(text):
    assert "64 × 64 pixels, 8 features" in text
    assert "40 epochs, batch 16, schedule cosine" in text
    assert "seeds 0, 1, 2" in text and "10 patients are held out" in text
    assert f"Made by `{COMMAND}`" in text


def of_two_folds() -> Evidence:
    """The same patients as two folds of five, tested, with one seed and without the report's rows."""
    experiments = []
    for kind in KINDS:
        for number in range(2):
            part = slice(5 * number, 5 * number + 5)
            columns = {"nsd": LEVEL, "dsc_report": LEVEL, **{name: np.array(values) for name, values in TRAITS.items()}}
            experiments.append(
                experiment(
                    f"folds-{fair_name(kind)}-fold{number}",
                    dict(zip(REPORT_VALIDATION[part], LEVEL[part].tolist(), strict=True)),
                    BLOCKS | kind._asdict() | {"schedule": "cosine"} | fold(number),
                    columns={name: values[part].tolist() for name, values in columns.items()},
                )
            )
    return Evidence({}, {}, experiments, {})


def test_folds_without_the_reports_rows_test_the_claims_on_equal_terms(monkeypatch, tmp_path):
    monkeypatch.setattr(command, "collect_evidence", lambda folder, report, fair: of_two_folds())
    command.run("", "folds-*", tmp_path / "claims.md")
    text = (tmp_path / "claims.md").read_text()
    fair = [claim for claim in CLAIMS if claim.tested_by == FAIR]
    assert len(re.findall(r"^## \d+\. ", text, re.MULTILINE)) == len(fair) < len(CLAIMS)
    assert "10 patients are held out" in text and "2 folds of cross-validation, seed 0, the last epoch's" in text
    assert "report.yaml" not in text and "The report's rows, and ours" not in text
    assert "(p " in text  # small lesions: of the patients of all folds


def test_it_does_not_speak_of_three_seeds_where_there_are_two():
    text = made(evidence(seeds=2))
    assert "seeds 0, 1," in text
    assert "three seeds" not in text


def test_it_says_the_size_of_the_fair_experiments_too():
    given = evidence()
    larger = [replace(it, params=it.params | {"preprocess": {"side_px": 128}}) for it in given.fair]
    assert "128 × 128" in page([(CLAIMS[0], Finding("holds", "x"))], replace(given, fair=larger), COMMAND)


def test_slips_are_listed_each_once(text):
    assert [line for line in text.splitlines() if line.startswith("- ") and line[2:] in slips()] == [
        f"- {slip}" for slip in slips()
    ]


def test_the_page_ends_in_one_line_end_and_has_no_missing_number(text):
    assert text.endswith("\n") and not text.endswith("\n\n")
    assert not re.search(r"\bnan\b|\bNone\b|\binf\b", text)


def test_a_claim_of_regions_and_borders_is_wrong_at_the_rate_that_the_page_promises(text):
    """One claim takes four comparisons of DSC and four of NSD, each with a p of 0.009: 8 * 0.009 is above 0.05."""
    assert "all together wrong at a rate of at most 5 %" in " ".join(text.split())
    best = unet("adam", "dice", "log_cosh_dice")
    given = evidence(level=dict.fromkeys(best, LEVEL + 0.1 + 0.0909 * np.array([1, -1] * 5)))
    [alone] = given.pairs([(best[0], unet("adam", "bce")[0])])
    assert 0.05 / 8 < alone.p < 0.05 / 4
    assert about_losses.log_cosh_has_proved_its_advantage(given).outcome == "inconclusive"


def test_the_command_writes_the_page_and_prints_each_verdict(monkeypatch, tmp_path, capsys):
    given = evidence()
    asked = []
    monkeypatch.setattr(command, "collect_evidence", lambda *words: asked.append(words) or given)
    monkeypatch.chdir(tmp_path)
    command.run("report-*", "fair-*", tmp_path / "claims.md")
    assert asked == [(tmp_path, "report-*", "fair-*")]
    assert (tmp_path / "claims.md").read_text() == made(given)
    out = capsys.readouterr().out
    assert all(out.count(claim.says) == 1 for claim in CLAIMS)
