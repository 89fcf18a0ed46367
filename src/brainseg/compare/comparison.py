"""The results of a comparison, computed once for all output formats."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from brainseg.compare.certificate import Certificate, Overview, certify, certify_all, listed
from brainseg.compare.methods import Method, held_out, methods_of, place_of
from brainseg.compare.results_table import by_stratum, report_table
from brainseg.compare.selection_bias import SelectionBias, selection_bias
from brainseg.compare.stats.bootstrap import FEW_PATIENTS, rank_shares, resampled_means
from brainseg.compare.verdicts import Verdict, verdicts
from brainseg.core.errors import UserError
from brainseg.experiments.reader import EvaluatedRun, Experiment


class NothingToCompareError(UserError):
    """There are fewer than two methods."""


@dataclass(frozen=True)
class Comparison:
    """baseline is the first of methods; against_baseline has a verdict for each other method, in the same order."""

    metric: str
    margin: float
    subset: str
    methods: list[Method]
    table: pd.DataFrame
    overview: Overview
    certificates: dict[str, Certificate]  # of each other method and the baseline
    against_baseline: list[Verdict]
    pairs: list[Verdict]
    ranks: np.ndarray  # (methods, ranks), shares of the draws
    strata: pd.DataFrame
    bias: SelectionBias
    notes: list[str]  # notes for the reader

    @property
    def baseline(self) -> Method:
        return self.methods[0]

    @property
    def outcomes(self) -> list[str]:
        """Of the verdicts against the baseline."""
        return [verdict.outcome for verdict in self.against_baseline]

    @property
    def one_seed(self) -> bool:
        return any(method.scores.shape[1] == 1 for method in self.methods)

    @property
    def drawn(self) -> str:
        """What is resampled for the ranks, in words: patients, folds, seeds."""
        folds = ["folds"] * (len(np.unique(self.baseline.folds)) > 1)
        return listed(["patients", *folds, *["seeds"] * (not self.one_seed)])


def compare(
    experiments: Sequence[Experiment],
    repository: Sequence[EvaluatedRun],
    metric: str,
    margin: float,
    baseline: str | None,
) -> Comparison:
    """Raises NothingToCompareError for fewer than two methods, UserError for a baseline that is none of them."""
    methods, notes = methods_of(experiments, metric)
    if len(methods) < 2:
        known = ", ".join(experiment.name for experiment in experiments)
        one = f"{known} are one method" if len(experiments) > 1 else f"{known} is the only experiment"
        raise NothingToCompareError(f"nothing to compare with: {one}; name experiments that differ in a setting")
    methods = _baseline_first(methods, baseline)
    compared = [experiment for method in methods for experiment in method.experiments]
    first, *others = methods
    subset = held_out(compared[0].per_volume)[0]
    return Comparison(
        metric=metric,
        margin=margin,
        subset=subset,
        methods=methods,
        table=report_table(methods),
        overview=certify_all(compared),
        certificates={other.name: certify(*_counterparts(first, other)) for other in others},
        against_baseline=verdicts([(other, first) for other in others], margin),
        pairs=verdicts([(b, a) for a, b in combinations(methods, 2)], margin),
        ranks=rank_shares(resampled_means([method.scores for method in methods], first.folds)),
        strata=by_stratum(methods, metric),
        bias=selection_bias(compared, repository),
        notes=notes + _notes(methods, subset),
    )


def _counterparts(a: Method, b: Method) -> tuple[Experiment, Experiment]:
    """One experiment per method, of the same fold and seed where possible, so that fold and seed do not differ."""
    of_b = {place_of(experiment): experiment for experiment in b.experiments}
    pairs = [(run, of_b[place_of(run)]) for run in a.experiments if place_of(run) in of_b]
    return (pairs or [(a.experiments[0], b.experiments[0])])[0]


def _baseline_first(methods: list[Method], baseline: str | None) -> list[Method]:
    if baseline is None:
        return methods
    for method in methods:
        if baseline == method.name or baseline in [experiment.name for experiment in method.experiments]:
            return [method, *(other for other in methods if other is not method)]
    allowed = ", ".join(method.name for method in methods)
    raise UserError(f"--baseline is {baseline!r}; expected one of: {allowed}")


def _notes(methods: Sequence[Method], subset: str) -> list[str]:
    notes = []
    patients = len(methods[0].patients)
    if subset == "validation":
        notes.append("Nobody tests in this split: scores are of the validation patients, on whom epochs may be chosen.")
    if patients < FEW_PATIENTS:
        few = f"{patients} patient{'s' if patients > 1 else ''}"
        notes.append(f"{few}: intervals of mean and median are rough below {FEW_PATIENTS}, and too short for failures.")
    chosen = subset == "validation" and [
        run.name
        for method in methods
        for run in method.experiments
        if run.evaluation.get("selected_on") == "validation"
    ]
    if chosen:
        notes.append(f"Epoch or final mask chosen on the validation patients: {', '.join(chosen)}.")
    return notes
