"""The claims as a page."""

from collections.abc import Sequence

from brainseg.compare.methods import place_of
from brainseg.compare.page.markdown_table import markdown_table
from brainseg.experiments.reader import Experiment
from studies.report_claims.claims import Claim
from studies.report_claims.evidence import Evidence
from studies.report_claims.finding import Finding
from studies.report_claims.report_figures import slips, unet
from studies.report_claims.tables import beside_the_report, on_equal_terms

_WORDS = (
    "What the verdicts mean:",
    "",
    "- **holds**: a test shows it, or every row that it is about meets it. A claim that one method is better needs the "
    "verdict `better` in every comparison that it takes, all together wrong at a rate of at most 5 %. A claim that "
    "nothing is significant holds unless something is.",
    "- **fails**: a test shows the opposite, or equivalence (±0.01), or no row meets it.",
    "- **inconclusive**: neither.",
    "",
    "Each interval is one comparison's own 95 % interval. A verdict allows for all comparisons that its claim takes. "
    "So a comparison can be inconclusive although its interval leaves out 0.",
)

_OUR_ROWS = (
    'The columns from "ours, best epoch" to "choosing it" are the mean DSC of the held-out patients by the report\'s '
    'protocol. The epoch that is best on these patients stands in brackets. "Own grid" is the DSC on the grid of the '
    "patients' files. Median and lost patients are of the own grid and the last epoch."
)


def page(tested: Sequence[tuple[Claim, Finding]], evidence: Evidence, command: str) -> str:
    counts = [sum(found.outcome == word for _, found in tested) for word in ("holds", "fails", "inconclusive")]
    patients = len(evidence.methods()[unet("adam", "dice")].patients)
    summary = [
        {"": number, "section": claim.section, "the report says": claim.says, "verdict": f"**{found.outcome}**"}
        for number, (claim, found) in enumerate(tested, 1)
    ]
    lines = [
        f"# The report's claims, tested on {patients} patients",
        "",
        "**Question.** Which claims of [the report](../explanation/report.md) hold when its experiments are run again? "
        f"**Patients.** {patients} patients are held out and scored. **Score.** DSC of each patient's volume, "
        "and NSD where a claim is about borders. **Answer.** "
        f"{len(tested)} claims; holds: {counts[0]}, fails: {counts[1]}, inconclusive: {counts[2]}.",
        "",
        f"Made by `{command}`; not to be edited.",
        "",
        *_what_was_run(evidence),
        "",
        *_WORDS,
        f"The comparisons are about {_about(evidence)}: see [How verdicts are made](../explanation/verdicts.md).",
        "",
        markdown_table(summary),
    ]
    first_in: dict[str, int] = {}  # list of comparisons -> the claim that prints it
    for number, (claim, found) in enumerate(tested, 1):
        lines += [f"## {number}. {claim.says}: {found.outcome}", "", f"Section {claim.section}; {claim.tested_by}.", ""]
        for paragraph in found.figures.split("\n\n"):
            printed = first_in.setdefault(paragraph, number) if _is_list(paragraph) else number
            lines += [paragraph if printed == number else f"The comparisons are those of claim {printed}.", ""]
    if evidence.as_report:
        lines += ["## The report's rows, and ours", "", _OUR_ROWS, "", markdown_table(beside_the_report(evidence))]
    lines += ["## On equal terms", "", "Weights of the last epoch.", "", markdown_table(on_equal_terms(evidence))]
    lines += ["## The report's own slips", "", "These need no experiment:", ""]
    lines += [f"- {slip}" for slip in slips()]
    return "\n".join(lines) + "\n"


def _what_was_run(evidence: Evidence) -> list[str]:
    fair = evidence.fair[0]
    folds = {place_of(experiment)[0] for experiment in evidence.fair}
    seeds = sorted({experiment.params["seed"] for experiment in evidence.fair})
    of_folds = f"{len(folds)} folds of cross-validation, " if len(folds) > 1 else ""
    train = fair.params["train"]
    lines = [
        f"- On equal terms: {_size(fair)}, {train['epochs']} epochs, batch {train['batch_size']}, schedule "
        f"{fair.params['schedule']}, a learning rate for each row, {of_folds}"
        f"{'seeds' if len(seeds) > 1 else 'seed'} {', '.join(map(str, seeds))}, the last epoch's weights.",
    ]
    if evidence.as_report:
        row = next(iter(evidence.as_report.values()))
        lines.append(
            f"- The report's settings: its eleven rows (`report.yaml`), {_size(row)} (the report: 256 × 256 pixels, 32 "
            "features), its learning rates, epochs and batch sizes, one run each, the best epoch's weights where no "
            "others are said."
        )
    return lines


def _size(experiment: Experiment) -> str:
    side, archs = experiment.params["preprocess"]["side_px"], experiment.params["archs"]
    features = sorted({archs[arch]["features"] for arch in ("unet", "unetpp")})
    return f"{side} × {side} pixels, {' and '.join(map(str, features))} features"


def _about(evidence: Evidence) -> str:
    """Methods, where there are seeds or folds enough; else the networks at hand."""
    found = evidence.pairs([(unet("adam", "dice"), unet("adam", "bce"))])
    return found[0].about if found[0].of_methods else "these networks alone, not the methods"


def _is_list(paragraph: str) -> bool:
    return paragraph.startswith("- ")
