"""The experiments that the claims are tested on, by what the report compares."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

from brainseg.compare.methods import Method, methods_of
from brainseg.compare.verdicts import Verdict, verdicts
from brainseg.core.errors import UserError
from brainseg.experiments.find import Experiment, find
from brainseg.experiments.git import Git
from brainseg.experiments.lock import SCORED, check
from studies.report_claims.report_figures import ROWS, Kind

MARGIN = 0.01  # of a score in 0 ... 1; up to so much is practically none
NO_MARGIN = 1e-9  # where it is asked whether a difference is certain, however small

Pair = tuple[Kind, Kind]


@dataclass(frozen=True, eq=False)
class Evidence:
    """as_report: row of the report's tables -> an experiment with its settings, its weights those of the best epoch,
    as the report's; last: the same with the last epoch's; both may be empty. fair: several seeds or folds of each
    kind, on equal terms."""

    as_report: dict[str, Experiment]
    last: dict[str, Experiment]
    fair: list[Experiment]
    robustness: dict[str, dict[str, Any]]  # row -> metrics/robustness.json

    @cache  # noqa: B019  there is one Evidence in a process
    def methods(self, metric: str = "dsc") -> dict[Kind, Method]:
        found, _ = methods_of(self.fair, metric)
        by_kind = {kind_of(method.experiments[0]): method for method in found}
        if len(by_kind) < len(found):
            twice = next(method for method in found if by_kind[kind_of(method.experiments[0])] is not method)
            kind = kind_of(twice.experiments[0])
            raise UserError(f"{twice.name} and {by_kind[kind].name}: both are {kind}; expected each kind once")
        return by_kind

    def pairs(self, pairs: Sequence[Pair], metrics: Sequence[str] = ("dsc",), margin: float = MARGIN) -> list[Verdict]:
        """A verdict on each pair, of the first against the second, by each metric; together wrong at 5 % at most."""
        return verdicts(
            [(self.methods(metric)[a], self.methods(metric)[b]) for metric in metrics for a, b in pairs], margin
        )

    def within(
        self, pairs: Sequence[Pair], low: float, high: float
    ) -> list[Literal["inside", "outside", "not certain"]]:
        """Whether each difference in DSC is certain to be between low and high, or certain not to be.

        Low and high are tested as if they were no difference: by the first method's scores, less so much.
        """
        methods = self.methods()
        both = [(_less(methods[a], bound), methods[b]) for a, b in pairs for bound in (low, high)]
        outcomes = [verdict.outcome for verdict in verdicts(both, NO_MARGIN)]
        found: list[Literal["inside", "outside", "not certain"]] = []
        for against_low, against_high in zip(outcomes[::2], outcomes[1::2], strict=True):
            if against_low == "worse" or against_high == "better":
                found.append("outside")
            else:
                found.append("inside" if (against_low, against_high) == ("better", "worse") else "not certain")
        return found


def _less(method: Method, by: float) -> Method:
    return replace(method, scores=method.scores - by)


def kind_of(experiment: Experiment) -> Kind:
    return Kind(*(experiment.params[word] for word in Kind._fields))


def collect_evidence(folder: Path, report: str, fair: str) -> Evidence:
    """The experiments that two patterns of names mean; none of the report's rows where its pattern is empty.

    Raises UserError where one of the report's rows lacks.
    """
    best, last = {}, {}
    if report:
        found = find(folder, [report])
        best, last = (_rows(found, report, weights) for weights in ("best", "last"))
    on_equal_terms = find(folder, [fair])
    if missing := {row.kind for row in ROWS} - {kind_of(experiment) for experiment in on_equal_terms}:
        raise UserError(f"{fair}: no experiment with {'; '.join(map(str, sorted(missing)))}")
    return Evidence(best, last, on_equal_terms, _robustness(folder, best))


def _robustness(folder: Path, rows: Mapping[str, Experiment]) -> dict[str, dict[str, Any]]:
    """Of those who measured it: git also holds that of the commit that a row started from."""
    found = {}
    with Git(folder) as git:
        for name, row in rows.items():
            text = git.read(row.revision, "metrics/robustness.json")
            try:
                check(row.name, row.lock, row.params, (*SCORED, "robustness"))
            except UserError:
                continue
            if text:
                found[name] = json.loads(text)
    return found


def _rows(experiments: Sequence[Experiment], pattern: str, weights: str) -> dict[str, Experiment]:
    """By what they were trained with, not by name."""
    found: dict[str, Experiment] = {}
    for experiment in experiments:
        params = experiment.params
        for row in ROWS if params["predict"]["weights"] == weights else ():
            settings = (kind_of(experiment), params["train"]["epochs"], params["train"]["batch_size"])
            rate = params["optims"][params["optim"]]["lr"]
            if (*settings, rate) != (row.kind, row.epochs, row.batch_size, row.lr):
                continue
            if row.name in found:
                raise UserError(f"{experiment.name} and {found[row.name].name}: both are the report's {row.name}")
            found[row.name] = experiment
    if missing := [row.name for row in ROWS if row.name not in found]:
        raise UserError(f"{pattern}: no experiment with the {weights} weights is the report's {', '.join(missing)}")
    return {row.name: found[row.name] for row in ROWS}
