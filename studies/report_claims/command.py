"""What `python -m studies.report_claims` does."""

from pathlib import Path

from brainseg.compare.page.markdown_table import markdown_table
from brainseg.core.files import write_bytes
from brainseg.core.progress import print_line, progress
from studies.report_claims.claims import CLAIMS, FAIR
from studies.report_claims.evidence import collect_evidence
from studies.report_claims.page import page


def run(report: str, fair: str, out: Path) -> None:
    """Test all claims, print the verdicts and write the page."""
    evidence = collect_evidence(Path.cwd(), report, fair)
    testable = [claim for claim in CLAIMS if claim.tested_by == FAIR or evidence.as_report]
    tested = [(claim, claim.test(evidence)) for claim in progress(testable, "testing")]
    rows = [
        {"section": claim.section, "the report says": claim.says, "verdict": found.outcome} for claim, found in tested
    ]
    print_line(markdown_table(rows))
    command = f"python -m studies.report_claims --report '{report}' --fair '{fair}'"
    write_bytes(out, page(tested, evidence, command).encode())
    print_line(f"Written to {out}, with the figures")
