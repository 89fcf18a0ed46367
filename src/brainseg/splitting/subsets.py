"""The training, validation and test subsets: split by person, never by slice and never by scan."""

from collections.abc import Mapping, Sequence

import numpy as np

from brainseg.core.errors import UserError
from brainseg.data.own_split import OwnSplit
from brainseg.data.raw.patients import institutions, persons
from brainseg.splitting.settings import SplitSettings
from brainseg.splitting.strata import in_strata, spread

# the patients the report validated on: the reference code's choice (its seed 42)
REPORT_VALIDATION = (
    "TCGA_CS_4944_20010208",
    "TCGA_CS_6667_20011105",
    "TCGA_CS_6668_20011025",
    "TCGA_DU_5851_19950428",
    "TCGA_DU_6404_19850629",
    "TCGA_DU_6408_19860521",
    "TCGA_DU_7014_19860618",
    "TCGA_HT_7616_19940813",
    "TCGA_HT_7692_19960724",
    "TCGA_HT_7879_19981009",
)


def split_patients(
    patients: Sequence[str],
    settings: SplitSettings,
    own: OwnSplit | None = None,
    lesion_size: Mapping[str, float] | None = None,
) -> dict[str, str]:
    """The subset of each patient. Raises UserError where a subset that is needed is empty.

    random: the share `test` of all persons is for test, the share `validation` for validation, the rest for training.
    report: the report's ten patients are for validation, all others for training, none for test.
    kfold: fold number `fold` of `folds` is for test, the share `validation` of the others for validation.
    leave_one_institution_out: as kfold; each institution is a fold, in the order of their names.
    file: the subsets of `own`, or its folds as kfold's.

    A patient is one scan. All scans of a person are in one subset, whatever the strategy: see `persons`.
    set_aside="report" leaves the report's ten out: they are in no subset, so that choices can be made without them.
    What is drawn is stratified by institution, as far as its number of persons allows, or by size of the lesion:
    lesion_size has it for each patient, in one unit, where settings.stratify needs it.
    """
    rng = np.random.default_rng(settings.seed)
    if "report" in (settings.strategy, settings.set_aside):
        missing = sorted(set(REPORT_VALIDATION) - set(patients))
        if missing:
            key = "strategy" if settings.strategy == "report" else "set_aside"
            raise UserError(f"split.{key} report needs patients that the data lacks: {', '.join(missing)}")
    scans: dict[str, list[str]] = {}
    person_of = own.person if own else persons(patients, settings.person_pattern)
    for patient, person in sorted(person_of.items()):
        scans.setdefault(person, []).append(patient)
    scans_of = {first: [first, *others] for first, *others in scans.values()}  # the first scan represents the person
    people = list(scans_of)
    of_report = [scan for scan in people if not set(scans_of[scan]).isdisjoint(REPORT_VALIDATION)]
    if settings.set_aside == "report":
        people = [scan for scan in people if scan not in of_report]

    if settings.strategy == "report":
        validation, test = of_report, []
    elif own and not own.has_folds:
        validation, test = ([scan for scan in people if own.place[scan] == name] for name in ("validation", "test"))
    else:
        ordered = in_strata(people, settings.stratify, lesion_size or {}, rng)
        if settings.strategy == "random":
            test = spread(ordered, round(settings.test * len(people)), rng)
        else:
            test = _fold(ordered, scans_of, settings, own)
        rest = [scan for scan in ordered if scan not in test]
        share_of = people if settings.strategy == "random" else rest
        validation = spread(rest, max(1, round(settings.validation * len(share_of))), rng)

    of_person = dict.fromkeys(people, "train")
    of_person |= dict.fromkeys(validation, "validation") | dict.fromkeys(test, "test")
    if len(people) < 2:
        raise UserError(
            f"split: no person of {len(people)} is left to train; two are needed, one trains, one validates"
        )
    if own and (empty := [name for name in ("train", "validation") if name not in of_person.values()]):
        raise UserError(f"{settings.file}: nobody is in {empty[0]}; one person or more trains, and one validates")
    if "train" not in of_person.values():
        raise UserError(f"split: no person of {len(people)} is left to train; lower split.validation or split.test")
    return dict(sorted((scan, subset) for first, subset in of_person.items() for scan in scans_of[first]))


def _fold(
    ordered: Sequence[str], scans_of: Mapping[str, Sequence[str]], settings: SplitSettings, own: OwnSplit | None
) -> list[str]:
    """Those who test, of persons in the order of their strata."""
    if own:
        test = [scan for scan in ordered if own.place[scan] == settings.fold]
        if not test:
            raise UserError(f"{settings.file}: nobody is in fold {settings.fold}, which split.fold has to test")
        return test
    if settings.strategy == "leave_one_institution_out":
        return _of_institution(ordered, scans_of, settings.fold)
    if settings.folds > len(ordered):
        raise UserError(f"split.folds is {settings.folds}; there are only {len(ordered)} persons")
    return [*ordered[settings.fold :: settings.folds]]


def _of_institution(people: Sequence[str], scans_of: Mapping[str, Sequence[str]], number: int) -> list[str]:
    scans = [scan for first in people for scan in scans_of[first]]
    of = dict(zip(scans, institutions(scans), strict=True))
    names = sorted(set(of.values()))
    if "" in names or len(names) < 2:
        without = [scan for scan in scans if not of[scan]]
        found = f"{without[0]} has none" if without else f"all patients are of {names[0]}"
        if len(without) == len(scans):
            found = "the second words of these names are none, or hardly repeat"
        wanted = "leave_one_institution_out needs two institutions or more, in the names as CS in TCGA_CS_4941_19960909"
        raise UserError(f"split.strategy: {wanted}; {found}")
    for first in people:
        if len(several := sorted({of[scan] for scan in scans_of[first]})) > 1:
            raise UserError(f"split.strategy: {first} has scans of {' and '.join(several)}; expected one institution")
    if number >= len(names):
        raise UserError(
            f"split.fold is {number}; expected 0 to {len(names) - 1} for the institutions {', '.join(names)}"
        )
    return [first for first in people if of[first] == names[number]]
