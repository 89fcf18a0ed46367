"""A comparison as a Markdown page."""

import pandas as pd

from brainseg.compare.comparison import Comparison
from brainseg.compare.page.markdown_table import interval, markdown_table, number
from brainseg.compare.page.verdicts import against_baseline, all_pairs
from brainseg.compare.stats.bootstrap import DRAWS

PICTURES = {
    "scores.png": "The score of each patient; lines join a patient's scores",
    "differences.png": "Differences to the baseline: a dot a patient, the estimate with its interval, the margin grey",
    "verdicts.png": "Every pair",
    "ranks.png": "How often each method takes each rank, patients drawn anew and, of several, seeds",
    "strata.png": "The mean score by size and edge of the lesion",
}


def page(comparison: Comparison) -> str:
    """The page in Markdown. The terminal shows the same without the pictures."""
    shown = {name: caption for name, caption in PICTURES.items() if name != "strata.png" or len(comparison.strata)}
    pictures = [f"![{caption}]({name})\n\n*{caption}.*\n" for name, caption in shown.items()]
    return "\n".join([text(comparison), "## Pictures\n", *pictures])


def text(comparison: Comparison) -> str:
    parts = [_head(comparison), _table(comparison), _certificate(comparison)]
    parts += [
        against_baseline(comparison.against_baseline, comparison.margin, comparison.table.failures),
        all_pairs(comparison.pairs),
    ]
    parts += [_ranks(comparison), _strata(comparison), _selection_bias(comparison)]
    return "\n".join(part for part in parts if part)


def _head(c: Comparison) -> str:
    count, patients = sum(len(method.experiments) for method in c.methods), len(c.baseline.patients)
    of_whom = f"{patients} {c.subset} patient{'s' if patients > 1 else ''}"
    lines = [f"# {len(c.methods)} methods, {count} experiments, {of_whom}"]
    lines += ["", f"Score: {c.metric} of each patient. Baseline: {c.baseline.name}.", ""]
    lines += [
        f"- {method.name}: {', '.join(experiment.name for experiment in method.experiments)}."
        for method in c.methods
        if len(method.experiments) > 1
    ]
    lines += [f"- Note: {note}" for note in c.notes]
    return "\n".join(lines).rstrip() + "\n"


def _table(c: Comparison) -> str:
    rows = []
    for name, row in c.table.iterrows():
        rows.append(
            {
                "method": name,
                "loss": row.loss,
                "learning rate": "–" if pd.isna(row.learning_rate) else f"{row.learning_rate:g}",
                "epochs": row.epochs,
                "batch": row.batch,
                "pipeline": row.pipeline,
                "minutes to converge": _minutes(row.minutes_to_converge),
                "of training": number(row.minutes_of_training, 1),
                "an epoch": number(row.minutes_an_epoch, 2),
                "best validation DSC": number(row.best_validation_dsc, 4),
                "last": number(row.last_validation_dsc, 4),
                f"{c.subset} mean [95 %]": f"{row['mean']:.4f} {interval(row.mean_low, row.mean_high)}",
                "median [95 %]": f"{row['median']:.4f} {interval(row.median_low, row.median_high)}",
                "DSC < 0.1": f"{row.failures:.3g}",
                "SD, last epochs": number(row.stability, 4),
                "SD, seeds": number(row.seed_sd, 4),
            }
        )
    return (
        "## Results\n\n"
        + markdown_table(rows)
        + "\nBest and last validation DSC are of the curves, on the network's grid. Intervals resample patients.\n"
    )


def _minutes(value: float | str) -> str:
    return value if isinstance(value, str) else number(value, 1)


def _certificate(c: Comparison) -> str:
    lines = ["## What is equal", "", f"All: {c.overview.sentence()}.", ""]
    for name, certificate in c.certificates.items():
        lines.append(f"- {name} and {c.baseline.name}: {certificate.sentence()}.")
        lines += [f"  - **Warning**: {confound}." for confound in certificate.confounds]
    return "\n".join(lines) + "\n"


def _ranks(c: Comparison) -> str:
    mean_rank = (c.ranks * range(1, len(c.methods) + 1)).sum(axis=1)
    rows = [
        {"method": c.methods[k].name, "first": f"{c.ranks[k, 0]:.0%}", "mean rank": f"{mean_rank[k]:.1f}"}
        for k in mean_rank.argsort(kind="stable")
    ]
    return f"## Ranks\n\n{rank_explanation(c)}\n\n{markdown_table(rows)}"


def rank_explanation(c: Comparison) -> str:
    one_seed = (
        " One seed each: seed variance is not included, so the ranks look firmer than they are." if c.one_seed else ""
    )
    return f"Of {DRAWS} times that {c.drawn} were drawn anew; a description, no test.{one_seed}"


def _strata(c: Comparison) -> str:
    if c.strata.empty:
        return ""
    rows = []
    for (trait, stratum), inside in c.strata.groupby(["trait", "stratum"], sort=False):
        means = dict(zip(inside.method, inside[f"mean_{c.metric}"], strict=True))
        row = {"of the lesion": f"{trait} {stratum}", "patients": inside.patients.iloc[0]}
        rows.append(row | {method.name: number(means[method.name], 3) for method in c.methods})
    return f"## By size and edge of the lesion\n\n{markdown_table(rows)}"


def _selection_bias(c: Comparison) -> str:
    return "## Selection bias\n\n" + "".join(f"- {sentence}\n" for sentence in selection_bias_sentences(c))


def selection_bias_sentences(c: Comparison) -> list[str]:
    bias, best_minus_last = c.bias, c.bias.best_minus_last
    known = "result on these patients is" if bias.compared_count == 1 else "different results on these patients are"
    epochs = (
        f"The best epoch's mean validation DSC is {best_minus_last.mean():.4f} above the last one's on average, "
        f"{best_minus_last.max():.4f} for {best_minus_last.idxmax()}. Of the best epoch's figure "
        f"{bias.best_epoch.mean():.4f} is due to these very validation patients."
        if len(best_minus_last)
        else ""
    )
    results = (
        f"{bias.compared_count} {known} known, of this repository's experiments. The mean DSC of the best of them "
        f"is too high by {bias.optimism:.4f} at least, because these patients chose it. Seed variance is not counted."
    )
    return [*filter(None, [epochs]), results]
