"""The report's table: how each method was trained, how long it took, and what it scored."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from brainseg.compare.methods import Method, by_person
from brainseg.compare.stats.bootstrap import mean_interval, median_interval
from brainseg.compare.stats.convergence import FEWEST_EPOCHS, converged_at, stability
from brainseg.evaluation.strata import STRATA
from brainseg.evaluation.summary import FAILURE_DSC

# of masks that others made
UNKNOWN: dict[str, object] = {
    "loss": "–",
    "learning_rate": None,
    "epochs": "–",
    "batch": "–",
    "pipeline": "made elsewhere",
    "experiments": None,
    "minutes_to_converge": "–",
    "minutes_of_training": None,
    "minutes_an_epoch": None,
    "best_validation_dsc": None,
    "last_validation_dsc": None,
    "stability": None,
}


def report_table(methods: Sequence[Method]) -> pd.DataFrame:
    """One row per method; for several experiments, their mean."""
    return pd.DataFrame([_row(method) for method in methods]).set_index("method")


def _row(method: Method) -> dict[str, object]:
    judged = method.experiments[0].judged
    training = UNKNOWN | {"experiments": len(method.experiments)} if judged else _training(method)
    scores = method.per_patient
    mean_low, mean_high = mean_interval(scores)
    median_low, median_high = median_interval(scores)
    return {
        "method": method.name,
        **training,
        "seed_sd": float(method.scores.mean(0).std(ddof=1)) if method.scores.shape[1] > 1 else None,
        "mean": float(scores.mean()),
        "mean_low": mean_low,
        "mean_high": mean_high,
        "median": float(np.median(scores)),
        "median_low": median_low,
        "median_high": median_high,
        "sd": float(scores.std(ddof=1)) if len(scores) > 1 else None,
        "minimum": float(scores.min()),
        "failures": _failures(method),
    }


def _training(method: Method) -> dict[str, object]:
    first = method.experiments[0].params
    optim = first["optims"].get(first["optim"]) or {}
    # by epoch, of the epochs that were validated
    curves = [experiment.history.set_index("epoch").validation_dsc.dropna() for experiment in method.experiments]
    histories = [curve.to_numpy() for curve in curves]
    seconds = _timing(method, "seconds_per_epoch")
    return {
        "loss": first["loss"],
        "learning_rate": optim.get("lr"),
        "epochs": first["train"]["epochs"],
        "batch": first["train"]["batch_size"],
        "pipeline": f"{first['arch']}, {first['optim']}",
        "experiments": len(method.experiments),
        "minutes_to_converge": _minutes_to_converge(curves, seconds),
        "minutes_of_training": _mean(_timing(method, "training_seconds")) / 60,
        "minutes_an_epoch": _mean(seconds) / 60,
        "best_validation_dsc": _mean(history.max() for history in histories),
        "last_validation_dsc": _mean(history[-1] for history in histories),
        "stability": _over_epochs(histories),
    }


def _mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))


def _timing(method: Method, key: str) -> list[float]:
    """A measured time; nan for an experiment that did not measure it."""
    return [float(experiment.timing.get(key, np.nan)) for experiment in method.experiments]


def _failures(method: Method) -> float:
    """Number of patients with a DSC below FAILURE_DSC, for any compared metric; for several seeds the mean number."""
    every = pd.concat([by_person(experiment, "dsc") for experiment in method.experiments])
    return float((every[every.index.isin(method.patients)] < FAILURE_DSC).sum() / method.scores.shape[1])


def _minutes_to_converge(curves: Sequence[pd.Series], seconds: Sequence[float]) -> float | str:
    """Minutes until convergence; words if the time is unknown, or if any of the experiments did not converge.

    curves: validation DSC by epoch, of the epochs that were validated
    """
    if min(map(len, curves)) < FEWEST_EPOCHS:
        return "too few epochs"
    places = [converged_at(curve.to_numpy()) for curve in curves]
    if None in places:
        return "not converged"
    epochs = [curve.index[place - 1] for curve, place in zip(curves, places, strict=True)]
    return _mean(epoch * each / 60 for epoch, each in zip(epochs, seconds, strict=True))


def _over_epochs(histories: Sequence[np.ndarray]) -> float | None:
    spreads = [stability(history) for history in histories]
    return None if None in spreads else _mean(spreads)


def by_stratum(methods: Sequence[Method], metric: str) -> pd.DataFrame:
    """Mean score of each method in each stratum of lesion size and edge: trait, stratum, method, patients, mean."""
    traits = _traits(methods)
    rows = []
    for trait in traits:
        for stratum in STRATA[trait]:
            inside = (traits[trait] == stratum).to_numpy()
            row = {"trait": trait, "stratum": stratum, "patients": int(inside.sum())}
            for method in methods if inside.any() else ():
                rows.append(row | {"method": method.name, f"mean_{metric}": method.per_patient[inside].mean()})
    return pd.DataFrame(rows, columns=["trait", "stratum", "method", "patients", f"mean_{metric}"])


def _traits(methods: Sequence[Method]) -> pd.DataFrame:
    """size and edge of each patient, the same for all methods; no columns where no experiment recorded them.

    Terciles are those of the training patients and differ slightly between folds. For each patient, the first
    experiment that recorded it counts. Patients without lesion are in no stratum.
    """
    tables = [experiment.per_volume for method in methods for experiment in method.experiments]
    noted = [table for table in tables if {*STRATA} <= {*table}]
    if not noted:
        return pd.DataFrame(index=methods[0].patients)
    every = pd.concat([per_volume[[*STRATA]] for per_volume in noted])
    return every[~every.index.duplicated()].reindex(methods[0].patients)
