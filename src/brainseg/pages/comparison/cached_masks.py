"""The masks of several methods on the same patient, read from DVC's cache without a checkout."""

from pathlib import Path

import numpy as np

from brainseg.compare.comparison import Comparison
from brainseg.compare.methods import Method
from brainseg.experiments.reader import Experiment
from brainseg.pages.comparison.cached_patient import UNREADABLE, CachedPatient, read_final_mask, read_patient
from brainseg.pages.comparison.charts import metric_name
from brainseg.pages.shared.volume import Volume

MOST_METHODS = 3  # side by side


def cached_volumes(comparison: Comparison, cache: Path, most: int) -> list[Volume]:
    """Up to so many patients, those on whom the methods differ most first; none where the cache lacks the files.

    A method is shown by its first network that held the patient out.
    """
    methods = [method for method in comparison.methods if not method.experiments[0].judged][:MOST_METHODS]
    if len(methods) < 2:
        return []
    spread = np.ptp([method.per_patient for method in methods], axis=0)
    order = sorted(zip(-spread, comparison.baseline.patients, strict=True))
    volumes = (_volume(name, methods, comparison.subset, comparison.metric, cache) for _, name in order[:most])
    return [volume for volume in volumes if volume]


def _volume(name: str, methods: list[Method], subset: str, metric: str, cache: Path) -> Volume | None:
    patient: CachedPatient | None = None
    masks: dict[str, np.ndarray] = {}
    facts: dict[str, str] = {}
    try:
        for method in methods:
            experiment = _holding_out(method, name, subset)
            if patient is None:
                patient = read_patient(name, experiment, cache)
                masks["truth"] = patient.truth
            masks[method.name] = read_final_mask(name, experiment, cache)
            facts[f"{metric_name(metric)}, {method.name}"] = f"{experiment.per_volume.loc[name, metric]:.3f}"
    except UNREADABLE:
        return None
    if len({mask.shape for mask in masks.values()} | {patient.image.shape[:3]}) > 1:
        return None
    panes = [["truth", method.name] for method in methods]
    return Volume(name, patient.image, patient.channels, masks, pixel_aspect=patient.aspect, facts=facts, panes=panes)


def _holding_out(method: Method, name: str, subset: str) -> Experiment:
    return next(
        experiment
        for experiment in method.experiments
        if name in experiment.per_volume.index and experiment.per_volume.loc[name, "subset"] == subset
    )
