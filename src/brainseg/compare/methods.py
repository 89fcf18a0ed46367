"""Experiments that differ only in seed or fold are one method, with one score per patient and seed."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from brainseg.compare.differences import FOLDED, differences
from brainseg.compare.method_names import method_names
from brainseg.core.errors import UserError
from brainseg.data.raw.patients import persons
from brainseg.data.split import evaluation_subset
from brainseg.experiments.lock import person_pattern, settings
from brainseg.experiments.reader import Experiment

# all are shares in 0 ... 1, and more is better: margin and "better" mean the same for all
METRICS = ("dsc", "iou", "nsd", "sensitivity", "precision", "lesion_sensitivity", "dsc_report", "dsc_slicewise")
METRICS += ("dsc_largest_component", "dsc_every_component")


@dataclass(frozen=True)
class Method:
    """scores: (n, seeds) of n patients; folds: (n,) numbers. All methods of a comparison have the same patients."""

    name: str
    scores: np.ndarray
    folds: np.ndarray
    patients: list[str] = field(default_factory=list)
    experiments: list[Experiment] = field(default_factory=list)

    @property
    def per_patient(self) -> np.ndarray:
        """(n,) the mean over seeds."""
        return self.scores.mean(axis=1)


def held_out(per_volume: pd.DataFrame) -> tuple[str, pd.DataFrame]:
    """The subset that is scored, and its rows: test, or validation where there are no test patients."""
    subset = evaluation_subset(per_volume.subset)
    return subset, per_volume[per_volume.subset == subset]


def methods_of(experiments: Sequence[Experiment], metric: str) -> tuple[list[Method], list[str]]:
    """Group experiments into methods with the same patients. Also returns what was left out for that, in words.

    A person counts once: several scans of one person are not independent, see by_person. Raises UserError where test
    patients would be compared with validation patients, where a seed lacks a fold, where a patient is held out twice,
    where a held-out person trained the network too, or where no patient is shared.
    """
    subsets = {held_out(experiment.per_volume)[0]: experiment.name for experiment in experiments}
    if len(subsets) > 1:
        test, validation = subsets["test"], subsets["validation"]
        raise UserError(
            f"{test} scores test patients, {validation} has validation patients alone; compare like with like"
        )
    refuse_known_persons(experiments)
    groups, notes = _grouped(experiments)
    notes += _several_scans(experiments)
    names = method_names([[experiment.name for experiment in group] for group in groups])
    tables = [_table(name, group, metric) for name, group in zip(names, groups, strict=True)]
    patients, left_out = _shared(names, tables, metric)
    methods = []
    for name, group, table in zip(names, groups, tables, strict=True):
        table = table.loc[patients]
        scores = table.drop(columns="fold").to_numpy(float)
        methods.append(Method(name, scores, table.fold.to_numpy(), patients, group))
    return methods, notes + left_out


def _shared(names: Sequence[str], tables: Sequence[pd.DataFrame], metric: str) -> tuple[list[str], list[str]]:
    """The patients with a score from every network of every method, and the patients left out, in words."""
    notes = []
    held = sorted(set.intersection(*(set(table.index) for table in tables)))
    every = set.union(*(set(table.index) for table in tables))
    if not held:
        raise UserError(f"{', '.join(names)}: not one patient was held out by all; compare experiments of one split")
    if len(held) < len(every):
        few = len(every) - len(held)
        notes.append(f"{few} of {len(every)} patients {_are(few)} left out: not held out by every method")
    undefined = set().union(*(table.index[table.isna().any(axis=1)] for table in tables))
    defined = [patient for patient in held if patient not in undefined]
    if not defined:
        raise UserError(f"{metric} is undefined for every patient, by one method or another; choose another --metric")
    if len(defined) < len(held):
        few = len(held) - len(defined)
        notes.append(
            f"{few} of {len(held)} patients {_are(few)} left out: {metric} is undefined there, by one method or another"
        )
    return defined, notes


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _grouped(experiments: Sequence[Experiment]) -> tuple[list[list[Experiment]], list[str]]:
    groups: list[list[Experiment]] = []
    notes = []
    for experiment in experiments:
        for group in groups:
            factors = {difference.factor for difference in differences([group[0], experiment])}
            if factors <= {"seed", "fold"}:
                twin = next((other for other in group if place_of(other) == place_of(experiment)), None)
                if twin:
                    notes.append(f"{experiment.name} is left out: the same experiment as {twin.name}")
                else:
                    group.append(experiment)
                break
        else:
            groups.append([experiment])
    return groups, notes


def place_of(experiment: Experiment) -> tuple[int, int]:
    """The fold and seed of an experiment; without folds the fold is 0."""
    split = settings(experiment.lock, "split")
    fold = split["split.fold"] if split.get("split.strategy") in FOLDED else 0
    return int(fold), int(experiment.params["seed"])


def _table(name: str, group: Sequence[Experiment], metric: str) -> pd.DataFrame:
    """One row per patient: its fold, and one column per seed, nan where the metric is undefined."""
    columns, fold_of = {}, {}
    folds = sorted({place_of(experiment)[0] for experiment in group})
    for seed in sorted({place_of(experiment)[1] for experiment in group}):
        of_seed = {place_of(run)[0]: run for run in group if place_of(run)[1] == seed}
        if missing := [fold for fold in folds if fold not in of_seed]:
            lacking = ", ".join(map(str, missing))
            raise UserError(f"{name}: seed {seed} lacks fold {lacking}; run it, or leave that seed out")
        rows = pd.concat([_scores(experiment, metric) for experiment in of_seed.values()])
        if twice := rows.index[rows.index.duplicated()].tolist():
            raise UserError(f"{name}: {twice[0]} is held out twice; each patient counts once")
        columns[seed] = rows
        fold_of |= {patient: fold for fold, run in of_seed.items() for patient in held_out(run.per_volume)[1].index}
    table = pd.DataFrame(columns)
    return table.assign(fold=[fold_of[patient] for patient in table.index])


def _scores(experiment: Experiment, metric: str) -> pd.Series:
    if metric not in experiment.per_volume:
        raise UserError(
            f"{experiment.name}: was scored before there was {metric!r}; `dvc repro` or `dvc exp run` it anew"
        )
    numbers = pd.to_numeric(experiment.per_volume[metric], errors="coerce")
    if np.isinf(numbers).any() or (numbers.isna() & experiment.per_volume[metric].notna()).any():
        raise UserError(f"{experiment.name}: {metric} has values that are no numbers; `dvc repro` writes them again")
    return by_person(experiment, metric).rename(experiment.name)


def by_person(experiment: Experiment, metric: str) -> pd.Series:
    """The held-out scores: of a person with several scans the mean of the defined ones, under the first scan's name."""
    scores = held_out(experiment.per_volume)[1][metric]
    who = persons(scores.index, person_pattern(experiment.params))
    if len(set(who.values())) == len(scores):
        return scores
    first_scan: dict[str, str] = {}
    for patient in sorted(scores.index):
        first_scan.setdefault(who[patient], patient)
    return scores.groupby([first_scan[who[patient]] for patient in scores.index]).mean().rename_axis(scores.index.name)


def refuse_known_persons(experiments: Sequence[Experiment]) -> None:
    """Raises UserError where another scan of a held-out person is in the subsets that the network learned from."""
    for experiment in experiments:
        subset, held = held_out(experiment.per_volume)
        known = experiment.per_volume.index[experiment.per_volume.subset.isin({"train", "validation"} - {subset})]
        trained = {person: scan for scan, person in persons(known, person_pattern(experiment.params)).items()}
        for patient, person in persons(held.index, person_pattern(experiment.params)).items():
            if person in trained:
                message = f"{patient} is held out, and {trained[person]} of the same person is not"
                raise UserError(f"{experiment.name}: {message}; split and train anew (`dvc repro`), or leave it out")


def _several_scans(experiments: Sequence[Experiment]) -> list[str]:
    names = {
        patient: person_pattern(experiment.params)
        for experiment in experiments
        for patient in held_out(experiment.per_volume)[1].index
    }
    people = {person for patient, pattern in names.items() for person in persons([patient], pattern).values()}
    if len(people) == len(names):
        return []
    return [f"{len(names)} scans are of {len(people)} persons: a person counts once, with the mean of the scans"]
