"""How often a difference is claimed where there is none: python -m studies.false_claims [SIMULATIONS]

Two methods that are equal in truth score the same patients. A claim of a difference at 5 % should be
wrong 5 times in 100. Counted for three ways to claim one:

- pooled Wilcoxon: one network of each method (one in each fold), signed ranks of all patients
- hierarchical bootstrap: patients and seeds (or folds) resampled, 95 % percentile interval without 0
- ours: method_test, a t test with the variance of patients and networks

A score is 0.8, plus what is the patient's (SD 0.08), the patient's with this method (normal with SD 0.02,
or heavy-tailed: gamma, shape 0.5, scale 0.04), the network's, one a seed and fold (SD 0.01 or 0.02), and a
residual (SD 0.02): about as they are seen on real networks. Prints the shares of 2000 simulations, in
percent, and saves them to docs/evidence/false_claims.csv.
"""

import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from brainseg.compare.stats.bootstrap import resampled_means
from brainseg.compare.stats.method_test import method_test
from brainseg.compare.stats.paired_test import signed_rank_p

SIMULATIONS = 2000
DRAWS = 400  # of the bootstrap; more change the shares by less than the simulations do
ALPHA = 0.05
MARGIN = 0.02  # plays no part in p
OUT = Path(__file__).parent.parent / "docs" / "evidence" / "false_claims.csv"


@dataclass(frozen=True)
class Setting:
    patients: int
    seeds: int = 1
    folds: int = 1
    heavy: bool = False
    network_sd: float = 0.02

    def __str__(self) -> str:
        return f"{self.patients} patients, " + (f"{self.folds} folds" if self.folds > 1 else f"{self.seeds} seeds")


SETTINGS = [Setting(10, 3), Setting(27, 2), Setting(90, 3), Setting(30, folds=3), Setting(110, folds=5)]


def simulate(setting: Setting, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores (patients, seeds) of two methods, and the patients' folds (patients,)."""
    n, seeds = setting.patients, setting.seeds
    folds = np.arange(n) % setting.folds
    patient = rng.normal(0.8, 0.08, (n, 1))
    interaction = -rng.gamma(0.5, 0.04, (2, n, 1)) if setting.heavy else rng.normal(0, 0.02, (2, n, 1))
    network = rng.normal(0, setting.network_sd, (2, setting.folds, seeds))[:, folds]  # (2, n, seeds)
    a, b = patient + interaction + network + rng.normal(0, 0.02, (2, n, seeds))
    return a, b, folds


def pooled_wilcoxon(a: np.ndarray, b: np.ndarray, folds: np.ndarray) -> bool:
    return signed_rank_p(a[:, 0] - b[:, 0]) < ALPHA


def hierarchical_bootstrap(a: np.ndarray, b: np.ndarray, folds: np.ndarray) -> bool:
    means = resampled_means([a, b], folds, DRAWS)
    low, high = np.quantile(means[:, 0] - means[:, 1], [ALPHA / 2, 1 - ALPHA / 2])
    return bool(low > 0 or high < 0)


def ours(a: np.ndarray, b: np.ndarray, folds: np.ndarray) -> bool:
    return method_test(a, b, folds, MARGIN).p < ALPHA


CLAIMS = {"pooled Wilcoxon": pooled_wilcoxon, "hierarchical bootstrap": hierarchical_bootstrap, "ours": ours}


def rates(setting: Setting, simulations: int, seed: int = 0) -> dict[str, float]:
    """Share of simulations in which each way claims a difference."""
    rng = np.random.default_rng(seed)
    claimed = dict.fromkeys(CLAIMS, 0)
    for _ in range(simulations):
        scores = simulate(setting, rng)
        for name, claims in CLAIMS.items():
            claimed[name] += claims(*scores)
    return {name: count / simulations for name, count in claimed.items()}


def main() -> None:
    simulations = int(sys.argv[1]) if len(sys.argv) > 1 else SIMULATIONS
    columns = {}
    for setting in SETTINGS:
        column = columns[str(setting)] = {}
        for heavy in (False, True):
            for network_sd in (0.01, 0.02):
                measured = rates(replace(setting, heavy=heavy, network_sd=network_sd), simulations)
                tails = "heavy" if heavy else "normal"
                column |= {(claim, tails, network_sd): 100 * rate for claim, rate in measured.items()}
    table = pd.DataFrame(columns).rename_axis(index=["claim", "interaction", "network_sd"])
    table = table.reindex(list(CLAIMS), level="claim")
    print(table.round(1).to_string())
    OUT.parent.mkdir(parents=True, exist_ok=True)
    table.round(2).to_csv(OUT)


if __name__ == "__main__":
    main()
