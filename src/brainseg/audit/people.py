"""Scans of one person by their names, and persons who are in the BraTS set too.

brats_patients.csv has the 108 persons of TCGA-LGG who are in BraTS, with their names there. It is what the challenge's
own tables of 2020 say of TCGA-LGG: name_mapping.csv (training, 65 persons) and name_mapping_validation_data.csv
(validation, 43 persons), as in the public repository MissShihongHowRU/two-stage-VAE-Attention-gate-BraTS2020. Bakas et
al., Scientific Data 2017, doi 10.1038/sdata.2017.117, give the same number: 108 scans of TCGA-LGG.
"""

import csv
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from brainseg.audit.findings import Finding
from brainseg.data.raw.patients import persons

BRATS = Path(__file__).with_name("brats_patients.csv")
YEARS = ("brats_2017", "brats_2018", "brats_2019", "brats_2020")


@cache
def _brats() -> tuple[dict[str, str], dict[str, str]]:
    """Part of BraTS by TCGA person, and TCGA person by name in BraTS."""
    with BRATS.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {row["person"]: row["part"] for row in rows}, {row[year]: row["person"] for row in rows for year in YEARS}


def people(names: Sequence[str], pattern: str) -> dict[str, str]:
    """The person of each patient, as the split knows persons; a name of BraTS is the TCGA's person where it has one."""
    _, person_in_brats = _brats()
    return {name: person_in_brats.get(name, person) for name, person in persons(names, pattern).items()}


def people_findings(person_of: Mapping[str, str]) -> list[Finding]:
    """person_of: as `people` gives it."""
    scans: dict[str, list[str]] = {}
    for name, person in sorted(person_of.items()):
        scans.setdefault(person, []).append(name)
    several = [
        Finding("one person, several scans", name, other_patient=first, what=f"both are of {person}")
        for person, (first, *others) in scans.items()
        for name in others
    ]
    part_of, _ = _brats()
    known = {name: part_of.get(person.replace("-", "_")) for name, person in person_of.items()}
    return several + [
        Finding("also in BraTS", name, what=f"among its {part} patients") for name, part in known.items() if part
    ]
