"""The audit of a data set: what `brainseg audit` and the stage `audit` have in common."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from brainseg.audit.contrast import contrast_findings
from brainseg.audit.copies import near_duplicate_findings
from brainseg.audit.findings import KINDS, Finding, across_subsets, ordered
from brainseg.audit.likeness.near_duplicates import alike
from brainseg.audit.likeness.stored import FingerprintFile
from brainseg.audit.orientation import orientation_findings
from brainseg.audit.patient import examine
from brainseg.audit.people import people, people_findings
from brainseg.audit.tables import Counts, institution_table, size_table
from brainseg.core.errors import UserError
from brainseg.data.raw import patients
from brainseg.model.data_terms import Terms, terms_of
from brainseg.parallel import parallel_results


@dataclass(frozen=True)
class Audit:
    """subset: of each patient; empty where there is no split."""

    root: Path
    counts: Mapping[str, Counts]
    subset: Mapping[str, str]
    findings: list[Finding]
    institutions: pd.DataFrame
    sizes: pd.DataFrame
    terms: Terms

    @property
    def slices(self) -> int:
        return sum(found.slices for found in self.counts.values())

    @property
    def kinds(self) -> list[str]:
        """Those that were found, the gravest first."""
        found = {finding.kind for finding in self.findings}
        return [kind for kind in KINDS if kind in found]

    def of_kind(self, kind: str) -> list[Finding]:
        return [finding for finding in self.findings if finding.kind == kind]

    @property
    def leaks(self) -> list[Finding]:
        """The findings that join two subsets."""
        return [finding for finding in self.findings if across_subsets(finding, self.subset)]


def audit(root: Path, subset: Mapping[str, str], person_pattern: str, data: str) -> Audit:
    """The patients below `root`. Raises UserError where there are none, or one cannot be read.

    person_pattern: see brainseg.data.raw.patients.persons; data: a data set of params.yaml, for the licence
    """
    names = patients.patient_names(root)
    if not names:
        raise UserError(f"{root}: no patients found; expected a folder for each patient")
    person_of = people(names, person_pattern)
    findings, prints, counts, intensities = [], {}, {}, {}
    with FingerprintFile() as file:
        results = parallel_results(partial(examine, root), names, "examining")
        for name, found in zip(names, results, strict=True):
            findings += found.findings
            prints[name], counts[name] = file.store(found.fingerprint), found.counts
            intensities[name] = found.intensities
        findings += near_duplicate_findings(alike(prints)) + people_findings(person_of)
        findings += orientation_findings(prints)
    findings += contrast_findings(intensities)
    subset = {name: subset[name] for name in names if name in subset}
    return Audit(
        root,
        counts,
        subset,
        ordered(findings, subset),
        institution_table(counts, person_of, subset),
        size_table(counts, subset),
        terms_of(data, names),
    )


def summary(found: Audit) -> dict[str, Any]:
    """For metrics/audit.json: how many findings of each kind, and how many join two subsets."""
    return {
        "patients": len(found.counts),
        "slices": found.slices,
        "findings": {kind: len(found.of_kind(kind)) for kind in KINDS},
        "across_subsets": len(found.leaks),
    }


def lines(found: Audit, most: int = 10) -> list[str]:
    """For a terminal: a short table, and a warning for each of the first findings that join two subsets."""
    printed = [f"{len(found.counts)} patients, {found.slices:,} slices in {found.root}"]
    if not found.findings:
        printed.append("nothing found")
    rows = [("finding", "patients", "findings")]
    for kind in found.kinds:
        of_kind = found.of_kind(kind)
        rows.append((kind, str(len({finding.patient for finding in of_kind})), str(len(of_kind))))
    if found.findings:
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        printed += [f"{row[0]:{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:>{widths[2]}}" for row in rows]
    printed += [f"warning: {leak_line(leak, found.subset)}" for leak in found.leaks[:most]]
    if len(found.leaks) > most:
        printed.append(f"warning: and {len(found.leaks) - most} more join two subsets")
    printed += [f"licence of the data: {found.terms.licence}", f"cite: {found.terms.citation}"]
    return printed + ([f"note: {found.terms.note}"] if found.terms.note else [])


def leak_line(leak: Finding, subset: Mapping[str, str]) -> str:
    first, second = (f"{name} ({subset[name]})" for name in (leak.patient, leak.other_patient))
    return f"{first} and {second}: {leak.kind}, {leak.what}"
