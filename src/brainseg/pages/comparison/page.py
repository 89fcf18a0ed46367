"""comparison/report.html: a comparison of experiments, with their masks side by side where the cache has them."""

from pathlib import Path
from typing import Any

from brainseg.compare.comparison import Comparison
from brainseg.compare.page.markdown import rank_explanation, selection_bias_sentences
from brainseg.compare.page.markdown_table import interval, number, p_value
from brainseg.compare.page.verdicts import explanation
from brainseg.compare.verdicts import Verdict
from brainseg.core.files import write_bytes
from brainseg.core.progress import print_line
from brainseg.experiments.dvc_cache import cache_folder
from brainseg.pages.comparison.cached_masks import cached_volumes
from brainseg.pages.comparison.charts import differences, metric_name, parallel
from brainseg.pages.shared.render import render
from brainseg.pages.shared.volume import to_viewer

TEMPLATE = Path(__file__).with_name("comparison.html")
PATIENTS, SIDE_PX = 10, 256  # of the viewer


def write_page(comparison: Comparison, out: Path) -> None:
    """Write report.html into the folder; masks come from the cache of the project in the current folder."""
    volumes = [to_viewer(volume, SIDE_PX) for volume in cached_volumes(comparison, cache_folder(Path.cwd()), PATIENTS)]
    path = out / "report.html"
    write_bytes(path, comparison_page(comparison, volumes))
    print_line(f"{path}: the same to look at; open it in a browser")


def comparison_page(comparison: Comparison, volumes: list[dict[str, Any]]) -> bytes:
    """One HTML file that loads nothing; volumes: of the viewer, may be none."""
    baseline, *others = comparison.methods
    values = {
        "c": comparison,
        "metric": metric_name(comparison.metric),
        "experiments": sum(len(method.experiments) for method in comparison.methods),
        "verdicts": [_verdict(verdict, comparison) for verdict in comparison.against_baseline],
        "explanation": explanation(comparison.against_baseline, comparison.margin),
        "results": _results(comparison),
        "charts": [differences(other, baseline, comparison.margin, comparison.metric) for other in others],
        "settled": [_verdict(verdict, comparison) for verdict in comparison.pairs if verdict.outcome != "inconclusive"],
        "ranks": _ranks(comparison),
        "rank_explanation": rank_explanation(comparison),
        "strata": _strata(comparison),
        "bias": selection_bias_sentences(comparison),
        "parallel": parallel(comparison.methods, comparison.overview.varying, comparison.metric),
        "volumes": volumes,
        "groups": [("Largest difference first", [(place, each["name"]) for place, each in enumerate(volumes)])],
    }
    return render(TEMPLATE, ["viewer.js", "table.js"], values)


def _verdict(verdict: Verdict, comparison: Comparison) -> dict[str, Any]:
    estimate, low, high = verdict.estimate
    return {
        "a": verdict.a,
        "b": verdict.b,
        "outcome": verdict.outcome,
        "about": "methods" if verdict.about == "methods" else "these networks",
        "mean": f"{verdict.mean:+.4f}",
        "estimate": f"{estimate:+.4f} {interval(low, high, '+')}",
        "p": p_value(verdict.p_of_outcome),
        "needed": verdict.sample_size_needed,
        "failures": f"{comparison.table.failures[verdict.a]:.3g} ({comparison.table.failures[verdict.b]:.3g})",
    }


def _results(comparison: Comparison) -> list[dict[str, Any]]:
    return [
        {
            "method": name,
            "pipeline": row.pipeline,
            "loss": row.loss,
            "epochs": row.epochs,
            "minutes": number(row.minutes_of_training, 1),
            "mean": f"{row['mean']:.4f}",
            "interval": interval(row.mean_low, row.mean_high),
            "median": f"{row['median']:.4f}",
            "failures": f"{row.failures:.3g}",
        }
        for name, row in comparison.table.iterrows()
    ]


def _ranks(comparison: Comparison) -> list[tuple[str, list[float]]]:
    """(method, share of each rank), the best mean rank first."""
    mean_rank = (comparison.ranks * range(1, len(comparison.methods) + 1)).sum(axis=1)
    order = mean_rank.argsort(kind="stable")
    return [(comparison.methods[place].name, comparison.ranks[place].tolist()) for place in order]


def _strata(comparison: Comparison) -> list[tuple[str, int, list[str]]]:
    """(stratum, patients, the mean of each method)."""
    if comparison.strata.empty:
        return []
    rows = []
    for (trait, stratum), inside in comparison.strata.groupby(["trait", "stratum"], sort=False):
        means = dict(zip(inside.method, inside[f"mean_{comparison.metric}"], strict=True))
        scores = [number(means[method.name], 3) for method in comparison.methods]
        rows.append((f"{trait} {stratum}", int(inside.patients.iloc[0]), scores))
    return rows
