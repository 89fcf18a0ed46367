"""The claims as a page."""

from collections.abc import Sequence

from brainseg.compare.methods import held_out
from brainseg.compare.page.markdown_table import markdown_table
from brainseg.experiments.reader import Experiment
from studies.report_claims.claims import Claim
from studies.report_claims.evidence import Evidence
from studies.report_claims.finding import Finding
from studies.report_claims.report_figures import slips, unet
from studies.report_claims.tables import beside_the_report, on_equal_terms

_WORDS = (
    "**holds**: shown by a test (of a claim about which is better: `better` in every comparison that it takes, all "
    "together wrong at a rate of at most 5 %), or met by every row it speaks of. **fails**: the opposite is shown, or "
    "practically no difference (±0.01), or no row meets it. **inconclusive**: neither. A claim that nothing is "
    "significant holds unless something is.",
    "",
    "Each interval is one comparison's own 95 %; a word allows for all the comparisons that its claim takes.",
)

_OUR_ROWS = (
    "Mean DSC of the held-out patients by the report's protocol, the epoch that is best on them in brackets; then on "
    "the grid of the files. Median, lost patients: own grid, last epoch."
)


def page(tested: Sequence[tuple[Claim, Finding]], evidence: Evidence, command: str) -> str:
    counts = [sum(found.outcome == word for _, found in tested) for word in ("holds", "fails", "inconclusive")]
    summary = [
        {"": number, "section": claim.section, "the report says": claim.says, "verdict": f"**{found.outcome}**"}
        for number, (claim, found) in enumerate(tested, 1)
    ]
    lines = [
        "# The report's claims, tested",
        "",
        f"Made by `{command}`; not to be edited. "
        f"{len(tested)} claims: {counts[0]} hold, {counts[1]} fail, {counts[2]} inconclusive.",
        "",
        *_what_was_run(evidence),
        "",
        *_WORDS,
        f"Words of comparisons are about {_about(evidence)}.",
        "",
        markdown_table(summary),
    ]
    for number, (claim, found) in enumerate(tested, 1):
        lines += [f"## {number}. {claim.says}: {found.outcome}", "", f"Section {claim.section}; {claim.tested_by}.", ""]
        lines += [_sentence(found.figures), ""]
    lines += ["## The report's rows, and ours", "", _OUR_ROWS, "", markdown_table(beside_the_report(evidence))]
    lines += ["## On equal terms", "", "Last weights.", "", markdown_table(on_equal_terms(evidence))]
    lines += ["## The report's own slips", "", "No experiment is needed for these:", ""]
    lines += [f"- {slip}" for slip in slips()]
    return "\n".join(lines) + "\n"


def _what_was_run(evidence: Evidence) -> list[str]:
    row, fair = next(iter(evidence.as_report.values())), evidence.fair[0]
    patients = len(held_out(fair.per_volume)[1])
    seeds = sorted({experiment.params["seed"] for experiment in evidence.fair})
    train = fair.params["train"]
    return [
        f"- `report.yaml`, the report's eleven rows: {_size(row)} (the report: 256 × 256 pixels, 32 features), "
        "its learning rates, epochs and batch sizes, one run each, the best epoch's weights where no others are said.",
        f"- `fair.yaml`, on equal terms: {_size(fair)}, {train['epochs']} epochs, batch {train['batch_size']}, "
        f"schedule {fair.params['schedule']}, a learning rate for each row, seeds {', '.join(map(str, seeds))}, "
        f"the last epoch's weights. {patients} patients are held out.",
    ]


def _size(experiment: Experiment) -> str:
    side, archs = experiment.params["preprocess"]["side_px"], experiment.params["archs"]
    features = sorted({archs[arch]["features"] for arch in ("unet", "unetpp")})
    return f"{side} × {side} pixels, {' and '.join(map(str, features))} features"


def _about(evidence: Evidence) -> str:
    """Methods, where there are seeds or folds enough; else the networks at hand."""
    found = evidence.pairs([(unet("adam", "dice"), unet("adam", "bce"))])
    return found[0].about if found[0].of_methods else "these networks alone, not the methods"


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."
