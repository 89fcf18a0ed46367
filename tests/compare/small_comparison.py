"""Comparisons of experiments written by hand."""

import numpy as np

from brainseg.compare.comparison import Comparison, compare
from brainseg.experiments.reader import Experiment
from tests.compare.small_experiment import experiment

PATIENTS = [f"patient {number:02}" for number in range(12)]
SCORES = dict(zip(PATIENTS, np.linspace(0.3, 0.8, 12).round(3).tolist(), strict=True))


def shifted(by: float) -> dict[str, float]:
    """All patients moved alike, but for what makes ranks differ."""
    return {patient: score + by + number / 1000 for number, (patient, score) in enumerate(SCORES.items())}


def three() -> list[Experiment]:
    return [
        experiment("dice", SCORES),
        experiment("bce", shifted(0.1), {"loss": "bce"}),
        experiment("sgd", shifted(-0.1), {"optim": "sgd"}),
    ]


def compared(experiments: list[Experiment], metric: str = "dsc", baseline: str | None = None) -> Comparison:
    return compare(experiments, [], metric, 0.01, baseline)


def seeds(name: str, loss: str, by: float, numbers: tuple[int, ...]) -> list[Experiment]:
    return [experiment(f"{name}-seed{k}", shifted(by + k / 1000), {"seed": k, "loss": loss}) for k in numbers]
