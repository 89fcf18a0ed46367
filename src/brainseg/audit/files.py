"""What an audit writes: the page, the table of findings, and their numbers."""

from dataclasses import dataclass
from pathlib import Path

from brainseg.audit.findings import findings_table
from brainseg.audit.page import page
from brainseg.audit.run import Audit, summary
from brainseg.core.files import write_bytes, write_json
from brainseg.data.tables import write_table


@dataclass(frozen=True)
class Places:
    page: Path
    findings: Path
    numbers: Path


def write(found: Audit, places: Places) -> None:
    write_bytes(places.page, page(found))
    write_table(places.findings, findings_table(found.findings, found.subset))
    write_json(places.numbers, summary(found))
