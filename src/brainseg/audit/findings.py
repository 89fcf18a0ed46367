"""What an audit finds: the kinds of findings in plain words, and the findings as rows of a table."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import nan

import pandas as pd

# kind -> what it means and what to do; the gravest first
KINDS = {
    "near-duplicate patients": "Two patients have nearly the same images. In two subsets, the score is of images that"
    " trained the network. Remove one of them, or give both one person.",
    "one person, several scans": "The names say that these scans are of one person. They belong in one subset.",
    "near-duplicate slices": "A slice is nearly that of another patient. Look whether the two patients are one.",
    "no lesion": "The mask of the patient is empty. If the patient has a lesion, the mask is missing.",
    "lesion outside the head": "The mask covers background. It may be shifted, mirrored or another patient's.",
    "mask larger than half the head": "The mask covers more than half of the head in a slice. It may be inverted.",
    "lesion at the border of the image": "The lesion ends where the image ends, so a part of it may be missing.",
    "lesion in the first or last slice": "The lesion ends where the stack ends, so a part of it may be missing. "
    "Preprocessing leaves these slices out.",
    "orientation unlike the others": "The head lies in another way than those of the other patients.",
    "contrast unlike the others": "A channel has other intensities than in the other patients. It may be another"
    " sequence, or inverted.",
    "equal channels": "Two channels hold the same image. One sequence is missing and another took its place.",
    "constant channel": "A channel has one value in slices where others show the head: its sequence does not reach"
    " so far. Preprocessing leaves out the first and the last slice.",
    "repeated slice": "Two slices of a stack are the same image.",
    "empty slice inside the stack": "A slice holds nothing, while slices on both sides hold an image.",
    "also in BraTS": "The person is in the BraTS set of 2017 to 2020. A network that was trained on BraTS scores too"
    " high here.",
}

COLUMNS = ("finding", "patient", "slice", "other_patient", "other_slice", "channel", "value", "what", "subset")
COLUMNS += ("other_subset",)


@dataclass(frozen=True)
class Finding:
    """One row. Slices and channels are numbered from 1; 0 where a finding is of all. value: nan where there is none.

    what: the finding in words, such as "channels 1, 2"
    """

    kind: str
    patient: str
    slice: int = 0
    other_patient: str = ""
    other_slice: int = 0
    channel: int = 0
    value: float = nan
    what: str = ""


def across_subsets(finding: Finding, subset: Mapping[str, str]) -> bool:
    """Whether a finding of two patients joins two subsets; never where there is no split."""
    sides = {subset.get(finding.patient), subset.get(finding.other_patient)} - {None}
    return len(sides) > 1


def ordered(findings: Iterable[Finding], subset: Mapping[str, str]) -> list[Finding]:
    """Across subsets first, then by kind, value from high to low, patient and slice."""
    places = list(KINDS)
    return sorted(
        findings,
        key=lambda found: (
            not across_subsets(found, subset),
            places.index(found.kind),
            -found.value if found.value == found.value else 0.0,  # nan: no value
            found.patient,
            found.slice,
            found.other_patient,
        ),
    )


def findings_table(findings: Iterable[Finding], subset: Mapping[str, str]) -> pd.DataFrame:
    """A row for each finding; empty fields where a finding has no slice, no channel, no other patient or no value."""
    rows = [
        {
            "finding": found.kind,
            "patient": found.patient,
            "slice": found.slice or None,
            "other_patient": found.other_patient,
            "other_slice": found.other_slice or None,
            "channel": found.channel or None,
            "value": found.value,
            "what": found.what,
            "subset": subset.get(found.patient, ""),
            "other_subset": subset.get(found.other_patient, ""),
        }
        for found in findings
    ]
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.astype(dict.fromkeys(("slice", "other_slice", "channel"), "Int64")).round({"value": 4})
