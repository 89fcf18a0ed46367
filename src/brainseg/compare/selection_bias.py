"""Selection bias: the best epoch, and the best of many experiments, score too high on the patients that chose them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from brainseg.compare.methods import held_out
from brainseg.compare.stats.bootstrap import winners_optimism
from brainseg.experiments.reader import EvaluatedRun, Experiment


@dataclass(frozen=True)
class SelectionBias:
    """What the choice of an epoch, and of an experiment, adds to a score.

    best_minus_last: of each experiment, the best epoch's mean validation DSC minus the last one's
    best_epoch: of each experiment, the part of the best epoch's mean that is due to these same validation patients
    compared_count: experiments, of these and of the repository, that scored the same patients (the most on any fold)
    optimism: the part of the best mean of that many experiments that is due to these particular patients
    """

    best_minus_last: pd.Series
    best_epoch: pd.Series
    compared_count: int
    optimism: float


def selection_bias(experiments: Sequence[Experiment], repository: Sequence[EvaluatedRun]) -> SelectionBias:
    """The selection bias of DSC, whatever metric is compared: epochs and experiments are chosen by DSC."""
    trained = [experiment for experiment in experiments if not experiment.judged]  # of the others no epochs are known
    best = {
        experiment.name: _best_minus_last(experiment.history.validation_dsc.dropna().to_numpy())
        for experiment in trained
    }
    epochs = {
        experiment.name: winners_optimism(_patients_by_epochs(experiment.validation_per_epoch))
        for experiment in trained
    }
    every = [held_out(run.per_volume)[1].dsc.sort_index() for run in (*experiments, *repository)]
    counts, optimisms = [], []
    for patients in {tuple(dsc.index) for dsc in every[: len(experiments)]}:
        # equal scores count once: an experiment of the workspace, or a repeated one, is already in the repository
        distinct = {dsc.to_numpy().tobytes(): dsc for dsc in every if tuple(dsc.index) == patients}
        counts.append(len(distinct))
        optimisms.append(winners_optimism(pd.concat(distinct.values(), axis=1).to_numpy()))
    return SelectionBias(pd.Series(best, dtype=float), pd.Series(epochs, dtype=float), max(counts), max(optimisms))


def _patients_by_epochs(validation_per_epoch: pd.DataFrame) -> np.ndarray:
    return validation_per_epoch.pivot(index="patient", columns="epoch", values="dsc").to_numpy()


def _best_minus_last(validation_dsc: np.ndarray) -> float:
    return float(validation_dsc.max() - validation_dsc[-1])
