"""Paths of the tables and records of metrics/ and plots/; each artefact of data/ has a module with its path."""

from pathlib import Path

PLOTS = Path("plots")
HISTORY = PLOTS / "history.csv"  # a row per epoch

METRICS = Path("metrics")
VALIDATION_PER_EPOCH = METRICS / "validation_per_epoch.csv"  # a row per epoch and patient
TRAINING = METRICS / "training.json"
TIMING = METRICS / "timing.json"
PER_VOLUME = METRICS / "per_volume.csv"  # a row per patient
STRATA = METRICS / "strata.csv"
BY_THRESHOLD = METRICS / "by_threshold.csv"
RELIABILITY = METRICS / "reliability.csv"
EVALUATION = METRICS / "evaluation.json"
FINAL_MASK = METRICS / "final_mask.json"  # the threshold and the components that were used
ROBUSTNESS = METRICS / "robustness.csv"
ROBUSTNESS_SUMMARY = METRICS / "robustness.json"
