"""Near-duplicates as findings."""

from collections.abc import Iterable

from brainseg.audit.findings import Finding
from brainseg.audit.likeness.near_duplicates import SURE_SLICE, Likeness


def near_duplicate_findings(likenesses: Iterable[Likeness]) -> list[Finding]:
    """Patients that are near-duplicates; of others the two slices that are most alike, where these are surely one."""
    found = []
    for pair in likenesses:
        place = {"slice": pair.slice, "other_patient": pair.other, "other_slice": pair.other_slice}
        if pair.is_near_duplicate:
            found.append(
                Finding("near-duplicate patients", pair.patient, **place, value=pair.correlation, what=pair.words)
            )
        elif pair.best >= SURE_SLICE:
            what = f"correlation {pair.best:.2f}"
            found.append(Finding("near-duplicate slices", pair.patient, **place, value=pair.best, what=what))
    return found
