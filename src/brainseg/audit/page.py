"""The page of an audit: one HTML file with its pictures inside, which loads nothing."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from brainseg.audit.findings import KINDS, Finding, across_subsets
from brainseg.audit.pictures import EACH, View, draw
from brainseg.audit.run import Audit, leak_line
from brainseg.pages.shared.render import render

TEMPLATE = Path(__file__).with_name("page.html")
MOST_SHOWN = 12  # findings of a kind with pictures; all are in the table of findings
OUTLINED = ("lesion outside the head", "mask larger than half the head", "lesion at the border of the image")
OUTLINED += ("lesion in the first or last slice",)
WITHOUT_PICTURES = ("also in BraTS",)


@dataclass(frozen=True)
class Shown:
    """A finding on the page; pictures: (data URI, caption)."""

    finding: Finding
    subset: str
    other_subset: str
    pictures: Sequence[tuple[str, str]]


def page(found: Audit) -> bytes:
    """The same audit gives the same bytes. Names are text, whatever they look like."""
    chosen = {kind: found.of_kind(kind)[:MOST_SHOWN] for kind in found.kinds if kind not in WITHOUT_PICTURES}
    typical = _typical(found)
    views = {finding: _views(finding, typical) for findings in chosen.values() for finding in findings}
    drawn = draw((view for of_finding in views.values() for view, _ in of_finding), found.root)
    kinds = [
        {
            "name": kind,
            "means": KINDS[kind],
            "findings": found.of_kind(kind),
            "patients": len({finding.patient for finding in found.of_kind(kind)}),
            "across": sum(across_subsets(finding, found.subset) for finding in found.of_kind(kind)),
            "shown": [_shown(finding, found.subset, views[finding], drawn) for finding in chosen.get(kind, ())],
        }
        for kind in found.kinds
    ]
    values = {
        "audit": found,
        "kinds": kinds,
        "absent": [kind for kind in KINDS if kind not in found.kinds],
        "leaks": [leak_line(leak, found.subset) for leak in found.leaks],
        "institutions": _cells(found.institutions),
        "sizes": _cells(found.sizes),
    }
    return render(TEMPLATE, (), values)


def _typical(found: Audit) -> str:
    """A patient of whom nothing was found but what is no fault, or the first."""
    named = {finding.patient for finding in found.findings if finding.kind not in WITHOUT_PICTURES}
    return next((name for name in found.counts if name not in named), next(iter(found.counts)))


def _views(finding: Finding, typical: str) -> list[tuple[View, str]]:
    name = finding.patient
    if finding.other_patient:
        pair = ((name, finding.slice), (finding.other_patient, finding.other_slice))
        return [(View(patient, number), f"{patient}{_slice(number)}") for patient, number in pair]
    if finding.kind in OUTLINED:
        return [(View(name, finding.slice, outline=True), f"the mask in green{_slice(finding.slice)}")]
    if finding.kind == "contrast unlike the others":
        of_channel = f"channel {finding.channel}"
        return [
            (View(name, channel=finding.channel), f"{of_channel} of this patient"),
            (View(typical, channel=finding.channel), f"{of_channel} of {typical}"),
        ]
    if finding.kind == "orientation unlike the others":
        return [(View(name), "this patient"), (View(typical), typical)]
    if finding.channel:
        return [(View(name, finding.slice, EACH), f"the channels in their order{_slice(finding.slice)}")]
    return [(View(name, finding.slice), f"the mean of the channels{_slice(finding.slice)}")]


def _slice(number: int) -> str:
    return f", slice {number}" if number else ""


def _shown(
    finding: Finding,
    subset: Mapping[str, str],
    views: Sequence[tuple[View, str]],
    drawn: Mapping[View, bytes],
) -> Shown:
    pictures = [(f"data:image/png;base64,{base64.b64encode(drawn[view]).decode()}", words) for view, words in views]
    return Shown(finding, subset.get(finding.patient, ""), subset.get(finding.other_patient, ""), pictures)


def _cells(table: pd.DataFrame) -> list[list[str]]:
    """The header, then the rows, as text; a dash where there is no value."""
    rows = [
        ["–" if pd.isna(value) else f"{value:,.0f}" if isinstance(value, int | float) else str(value) for value in row]
        for row in table.astype(object).to_numpy().tolist()
    ]
    return [list(table.columns), *rows]
