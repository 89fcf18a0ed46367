"""A comparison as files: a page, tables, numbers and pictures."""

import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from brainseg.compare.comparison import Comparison
from brainseg.compare.figures.differences import difference_plot
from brainseg.compare.figures.ranks import rank_plot
from brainseg.compare.figures.scores import paired_boxes
from brainseg.compare.figures.strata import score_by_stratum
from brainseg.compare.figures.verdicts import verdict_matrix
from brainseg.compare.page.markdown import page
from brainseg.compare.verdicts import Verdict
from brainseg.core.files import write_bytes, write_json
from brainseg.data.tables import write_table
from brainseg.figures.style import save

DPI = 110


def write(comparison: Comparison, folder: Path) -> None:
    """comparison.md, .json, methods.csv, verdicts.csv, pairs.csv, strata.csv, scores.csv and pictures."""
    write_bytes(folder / "comparison.md", page(comparison).encode())
    write_json(folder / "comparison.json", as_json(comparison))
    write_table(folder / "methods.csv", comparison.table.reset_index())
    write_table(folder / "verdicts.csv", verdict_table(comparison.against_baseline))
    write_table(folder / "pairs.csv", verdict_table(comparison.pairs))
    write_table(folder / "strata.csv", comparison.strata)
    write_table(folder / "scores.csv", score_table(comparison))
    names = [method.name for method in comparison.methods]
    baseline, *others = comparison.methods
    differences = {method.name: method.per_patient - baseline.per_patient for method in others}
    figures = {
        "scores": paired_boxes(comparison.methods, comparison.metric),
        "differences": difference_plot(comparison.against_baseline, differences, comparison.margin),
        "verdicts": verdict_matrix(names, comparison.pairs),
        "ranks": rank_plot(names, comparison.ranks, comparison.drawn),
    }
    if comparison.strata.empty:
        (folder / "strata.png").unlink(missing_ok=True)  # else an old one could be mistaken for a new one
    else:
        figures["strata"] = score_by_stratum(comparison.strata, comparison.metric)
    for name, figure in figures.items():
        save(figure, folder / f"{name}.png", DPI)


def score_table(comparison: Comparison) -> pd.DataFrame:
    """One row per patient: its fold, and the score of each method, averaged over seeds."""
    table = pd.DataFrame({method.name: method.per_patient for method in comparison.methods})
    table.insert(0, "fold", comparison.baseline.folds, allow_duplicates=True)  # a method may have this name
    table.insert(0, "patient", comparison.baseline.patients, allow_duplicates=True)
    return table


def verdict_table(verdicts: list[Verdict]) -> pd.DataFrame:
    rows = []
    for verdict in verdicts:
        estimate, low, high = verdict.estimate
        row = {"a": verdict.a, "b": verdict.b, "verdict": verdict.outcome, "about": verdict.about, "mean": verdict.mean}
        row |= {"estimate": estimate, "low": low, "high": high, "shift": verdict.of_networks.shift}
        row |= {"effect": verdict.of_networks.effect, "p_holm": verdict.p, "p_equal_holm": verdict.p_equal}
        row |= {
            "smallest_p": verdict.smallest_p,
            "patients": verdict.patients,
            "sample_size_needed": verdict.sample_size_needed,
        }
        rows.append(row)
    return pd.DataFrame(rows)


def as_json(comparison: Comparison) -> dict[str, Any]:
    names = [method.name for method in comparison.methods]
    content = {
        "metric": comparison.metric,
        "margin": comparison.margin,
        "subset": comparison.subset,
        "patients": comparison.baseline.patients,
        "baseline": comparison.baseline.name,
        "methods": {
            method.name: {
                **comparison.table.loc[method.name].to_dict(),
                "experiments": {experiment.name: experiment.revision for experiment in method.experiments},
            }
            for method in comparison.methods
        },
        "equal": comparison.overview.equal,
        "certificates": {name: asdict(certificate) for name, certificate in comparison.certificates.items()},
        "against_baseline": verdict_table(comparison.against_baseline).to_dict("records"),
        "pairs": verdict_table(comparison.pairs).to_dict("records"),
        "ranks": {name: shares.tolist() for name, shares in zip(names, comparison.ranks, strict=True)},
        "selection_bias": {
            "best_minus_last": comparison.bias.best_minus_last.to_dict(),
            "luck_in_best_epoch": comparison.bias.best_epoch.to_dict(),
            "experiments_scored_on_these_patients": comparison.bias.compared_count,
            "winners_optimism": comparison.bias.optimism,
        },
        "strata": comparison.strata.to_dict("records"),
        "notes": comparison.notes,
    }
    return _plain(content)


def _plain(value: Any) -> Any:
    """The value as JSON allows it: JSON has no nan, no infinity and no numpy numbers."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
