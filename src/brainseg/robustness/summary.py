"""The loss of DSC by the perturbations, over all held-out patients."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from brainseg.robustness.perturbations import STRENGTHS

Scores = Mapping[tuple[str, str], Sequence[float]]  # (kind, strength) -> the DSC of each patient


def summary(scores: Scores) -> dict[str, Any]:
    """Mean DSC without perturbation; for each kind and strength scored, the mean and its difference from that."""
    unperturbed = float(np.mean(scores["none", "none"]))
    summarized: dict[str, Any] = {"unperturbed": unperturbed}
    for kind, (_, *dsc) in by_kind(scores).items():
        means = {strength: float(np.mean(scores[kind, strength])) for strength in dsc}
        summarized[kind] = {strength: {"dsc": mean, "change": mean - unperturbed} for strength, mean in means.items()}
    return summarized


def by_kind(scores: Scores) -> dict[str, dict[str, Sequence[float]]]:
    """Kind -> strength, no perturbation first -> the DSC of each patient."""
    none = scores["none", "none"]
    return {
        kind: {"none": none}
        | {strength: scores[kind, strength] for strength in strengths if (kind, strength) in scores}
        for kind, strengths in STRENGTHS.items()
    }
