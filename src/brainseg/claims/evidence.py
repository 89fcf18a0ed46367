"""The experiments that the claims are tested on, by what the report compares."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from brainseg.claims.report_figures import ROWS, Kind
from brainseg.compare.experiments import Experiment, find
from brainseg.compare.git import Git
from brainseg.compare.scored import Method, methods_of
from brainseg.compare.verdicts import Verdict, verdicts
from brainseg.errors import UserError

MARGIN = 0.01  # DSC; up to so much is practically none


@dataclass(frozen=True)
class Evidence:
    """as_report: row of the report's tables -> an experiment with its settings, its weights those of the best epoch,
    as the report's; last: the same with the last epoch's. fair: several seeds of each kind, on equal terms."""

    as_report: dict[str, Experiment]
    last: dict[str, Experiment]
    fair: list[Experiment]
    robustness: dict[str, dict[str, Any]]  # row -> metrics/robustness.json

    def methods(self, metric: str = "dsc") -> dict[Kind, Method]:
        found, _ = methods_of(self.fair, metric)
        return {kind_of(method.experiments[0]): method for method in found}

    def pairs(self, pairs: Sequence[tuple[Kind, Kind]], metric: str = "dsc") -> list[Verdict]:
        """A verdict on each pair, of the first against the second; together wrong at a rate of at most 5 %."""
        methods = self._dsc if metric == "dsc" else self.methods(metric)
        return verdicts([(methods[a], methods[b]) for a, b in pairs], MARGIN)

    @cached_property
    def _dsc(self) -> dict[Kind, Method]:
        return self.methods("dsc")


def kind_of(experiment: Experiment) -> Kind:
    return Kind(*(experiment.params[word] for word in Kind._fields))


def gather(folder: Path, report: str, fair: str) -> Evidence:
    """The experiments that two patterns of names mean. Raises UserError where one of the report's rows lacks."""
    rows, rows_last = (_rows(folder, report, weights) for weights in ("best", "last"))
    experiments = find(folder, [fair])
    if missing := {row.kind for row in ROWS} - {kind_of(it) for it in experiments}:
        raise UserError(f"{fair}: no experiment with {'; '.join(map(str, sorted(missing)))}")
    with Git(folder) as git:
        robustness = {name: git.read(it.revision, "metrics/robustness.json") for name, it in rows.items()}
    return Evidence(rows, rows_last, experiments, {name: json.loads(text) for name, text in robustness.items() if text})


def _rows(folder: Path, pattern: str, weights: str) -> dict[str, Experiment]:
    """By what they were trained with, not by name: the report's rows differ in nothing else."""
    found = {}
    for experiment in find(folder, [pattern]):
        train = experiment.params["train"]
        for row in ROWS if experiment.params["predict"]["weights"] == weights else ():
            if (row.kind, row.epochs, row.batch_size) == (kind_of(experiment), train["epochs"], train["batch_size"]):
                found[row.name] = experiment
    if missing := [row.name for row in ROWS if row.name not in found]:
        raise UserError(f"{pattern}: no experiment with the {weights} weights is the report's {', '.join(missing)}")
    return {row.name: found[row.name] for row in ROWS}
