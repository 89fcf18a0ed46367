"""What `python -m studies.report_claims` does."""

from pathlib import Path

from brainseg.compare.page.markdown_table import markdown_table
from brainseg.core.files import write_bytes
from brainseg.core.progress import progress, say
from studies.report_claims.claims import CLAIMS
from studies.report_claims.evidence import gather
from studies.report_claims.page import page


def run(report: str, fair: str, out: Path) -> None:
    """Test all claims, print the verdicts and write the page."""
    evidence = gather(Path.cwd(), report, fair)
    tested = [(claim, claim.test(evidence)) for claim in progress(CLAIMS, "testing")]
    rows = [{"section": claim.section, "the report says": claim.says, "verdict": found.word} for claim, found in tested]
    say(markdown_table(rows))
    command = f"python -m studies.report_claims --report '{report}' --fair '{fair}'"
    write_bytes(out, page(tested, evidence, command).encode())
    say(f"Written to {out}, with the figures")
